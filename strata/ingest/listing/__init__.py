"""What a folder holds, told without a warehouse: transmissions, what replaces what, what is missing or odd."""
