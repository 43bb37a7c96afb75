"""Tables: CSV, TSV, Excel, Parquet, Hugging Face."""
