"""The penalty ledger (第二十五条): entries are added, reversed, decided; never edited or removed."""
