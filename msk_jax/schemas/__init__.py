"""The schemas of all tables that are written: columns, units, kinds."""
