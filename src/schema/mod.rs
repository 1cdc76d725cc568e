//! XSD to tables; bytes to faults and fields, in one streaming pass. Pure.
