"""The embedded store: immutable Parquet segments in one folder a day, written and queried by DuckDB.

Owns the folder ``data_dir/store``; any tool that reads Parquet can read the segments in it.
"""
