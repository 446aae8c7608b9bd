"""What tests share: throw-away databases, a named cast, ways to tell a story on a fixed clock."""
