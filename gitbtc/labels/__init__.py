"""Labels of BIP-329: read as programs write them, merged with what people called things here, and written back."""
