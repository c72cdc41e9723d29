#!/bin/sh
# Puts an engine's packages into a folder just as the image holds them: pinned, slimmed, compiled.
# sh install.sh litert|tensorflow FOLDER [OPTIONS OF PIP]; PYTHON is the Python to install for.
set -eu
engine=$1 folder=$2 here=$(dirname "$0")
shift 2
python() { "${PYTHON:-python3}" "$@"; }

python -m pip install --no-cache-dir --root-user-action=ignore --disable-pip-version-check --no-compile --only-binary=:all: \
  --no-deps --require-hashes --requirement "$here/requirements-$engine.txt" --target "$folder" "$@"
python "$here/../../layers/shared/slim.py" "$folder"
python "$here/unlink.py" "$folder"
# Lambda cannot write .pyc files; unchecked, they cost no look at the sources. Seconds less at each cold start.
python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$folder"
