"""AWS's nouns: frozen records (`records`), decoded (`decode`) and indexed into one network (`network`)."""
