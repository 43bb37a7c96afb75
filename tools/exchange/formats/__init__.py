"""One module a file format; the registry says which there are."""
