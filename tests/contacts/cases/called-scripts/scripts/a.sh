#!/bin/bash
set -euo pipefail
curl https://a.example.com/$1
