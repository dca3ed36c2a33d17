"""What a snapshot does not tell: each of its files left out, refused, or cut off; no answer turns round."""
