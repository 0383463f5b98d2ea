#!/usr/bin/env bash
# Builds the native backend @tensorflow/tfjs-node where its own download is blocked: the library comes out of pip's
# tensorflow-cpu wheel, the addon is compiled here. Needs python3 with pip and g++; exits 3 when one of them cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
tfjs_node_version=4.22.0
tensorflow_version=2.21.0
addon=node_modules/@tensorflow/tfjs-node

missing() { echo "setup:tfjs-node: $1. The native backend is optional: useBackend('auto') takes wasm." >&2; exit 3; }

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=x86_64 ;;
  Linux-aarch64) platform=aarch64 ;;
  *) missing "no recipe for $(uname -s) on $(uname -m), only Linux; try npm install @tensorflow/tfjs-node" ;;
esac
command -v g++ >/dev/null || missing 'g++ was not found'
command -v python3 >/dev/null || missing 'python3 was not found'

# --save-dev: as an optional peer of this package it would be passed over; --no-save keeps package.json as it is.
npm install --no-save --save-dev --no-audit --no-fund --ignore-scripts "@tensorflow/tfjs-node@$tfjs_node_version" node-api-headers@1.5.0

wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \
  --platform "manylinux_2_27_$platform" --platform "manylinux2014_$platform" --dest "$wheels" "tensorflow-cpu==$tensorflow_version" ||
  missing "pip could not download tensorflow-cpu $tensorflow_version"
python3 -m zipfile -e "$wheels"/tensorflow_cpu-*.whl "$wheels/tensorflow"

mkdir -p "$addon/deps/lib" "$addon/lib/napi-v8"
cp "$wheels"/tensorflow/tensorflow/libtensorflow_cc.so.2 "$addon/deps/lib/libtensorflow_cc.so.2"
cp "$wheels"/tensorflow/tensorflow/libtensorflow_framework.so.2 "$addon/deps/lib/libtensorflow_framework.so.2"
ln -sf libtensorflow_cc.so.2 "$addon/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$addon/deps/lib/libtensorflow_framework.so"
rm -rf "$addon/deps/include"
cp -r "$wheels/tensorflow/tensorflow/include" "$addon/deps/include"

g++ -std=c++17 -O2 -fPIC -shared -w -DNAPI_VERSION=8 -Inode_modules/node-api-headers/include -I"$addon/deps/include" \
  "$addon"/binding/*.cc -L"$addon/deps/lib" -ltensorflow -ltensorflow_framework "-Wl,-rpath,\$ORIGIN/../../deps/lib" \
  -o "$addon/lib/napi-v8/tfjs_binding.node"
rm -rf "$addon/deps/include"

TF_CPP_MIN_LOG_LEVEL=2 node -e "
  const tf = require('@tensorflow/tfjs-node');
  console.log('tfjs-node ' + tf.version['tfjs-node'] + ' is ready, backend ' + tf.getBackend() + ', 2 x 3 = ' + tf.scalar(2).mul(3).arraySync());"
