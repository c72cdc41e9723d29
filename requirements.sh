#!/bin/sh
# Pins, with hashes, what each folder needs; the tests' pins come first and hold for all the others.
set -eu
compile() { # GROUP FILE [constraint] [option]
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command 'make lock' --group "$1" --output-file "$2" ${3:+--constraint "$3"} ${4:+"$4"}
}
compile tests tests/requirements.txt
compile shared layers/shared/requirements.txt tests/requirements.txt
compile litert functions/recognizer/requirements-litert.txt tests/requirements.txt
compile tensorflow functions/recognizer/requirements-tensorflow.txt tests/requirements.txt
compile playground playground/requirements.txt tests/requirements.txt
compile training training/requirements.txt tests/requirements.txt
compile peers benchmarks/requirements.txt tests/requirements.txt --no-deps
echo 'aws-sam-cli>=1.170' | .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' --output-file infra/requirements.txt -
