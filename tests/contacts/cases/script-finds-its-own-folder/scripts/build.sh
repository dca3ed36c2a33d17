#!/usr/bin/env bash
DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$DIR/lib.sh"
libf
if [[ $1 == prod ]]; then curl https://one.example.com; fi
pip install -r "$DIR/../requirements.txt"
