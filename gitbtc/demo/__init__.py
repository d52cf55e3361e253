"""gitbtc at work on the recorded answers of two Bitcoin Core nodes."""
