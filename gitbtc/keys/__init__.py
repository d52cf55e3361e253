"""Keys: private-key material found in any bytes, proven where the form carries a checksum."""
