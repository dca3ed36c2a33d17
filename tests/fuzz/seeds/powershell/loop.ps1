foreach ($one in 1..3) {
  irm -Uri "https://c.example.com/$one" `
    -Method Get
}
