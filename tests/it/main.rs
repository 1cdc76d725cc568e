#[cfg(test)]
mod schema_xmllint;
