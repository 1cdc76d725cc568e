mod schema_xmllint;
