//! Made-up but consistent documents with valid check digits, for tests, the demo and the bench.
