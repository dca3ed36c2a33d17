"""Snapshots from AWS itself: the only part of reachsim that talks to it, and it only reads.

`aws` makes the calls, `plan` says which ones, `capture` makes them side by side and keeps the record, `store` puts the
answers on disk, `redact` leaves secrets out. boto3 is imported when the first client is made.
"""
