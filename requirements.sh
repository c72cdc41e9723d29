#!/bin/sh
# Pins, with hashes, what each folder needs; the tests' pins come first and hold for all the others.
set -eu
compile() { # GROUP FILE [OPTION...]
	group=$1 file=$2
	shift 2
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' --group "$group" --output-file "$file" "$@"
}
compile tests tests/requirements.txt --no-emit-package pip # pip-audit names it, and every venv has one
compile shared layers/shared/requirements.txt -c tests/requirements.txt
# Only LiteRT's converter and tools import these; its interpreter does not.
compile litert functions/recognizer/requirements-litert.txt -c tests/requirements.txt --no-emit-package backports-strenum \
	--no-emit-package flatbuffers --no-emit-package ml-dtypes --no-emit-package protobuf --no-emit-package tqdm
compile tensorflow functions/recognizer/requirements-tensorflow.txt -c tests/requirements.txt
compile playground playground/requirements.txt -c tests/requirements.txt
compile training training/requirements.txt -c tests/requirements.txt
compile peers benchmarks/requirements.txt -c tests/requirements.txt --no-deps
compile runtime benchmarks/requirements-runtime.txt
compile checks infra/requirements-checks.txt
compile rehearsal infra/requirements-rehearsal.txt
echo 'aws-sam-cli>=1.170' | .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' --output-file infra/requirements.txt -
