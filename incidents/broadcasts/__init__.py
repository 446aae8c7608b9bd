"""Half-hourly broadcasts to party A in a major outage (第十六条): the grid, its words, its receipts."""
