libf() { curl https://lib.example.com; }
