"""From a folder to a table: layouts, readers, checks, splits."""
