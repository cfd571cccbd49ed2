#!/bin/sh
# What worker-build runs as wasm-opt: without the names section that it asks for (12 KB of a gzipped upload), and with the
# SIMD that we compile for and its fixed list of features leaves out.
for argument; do
  shift
  [ "$argument" = --debuginfo ] || set -- "$@" "$argument"
done
exec wasm-opt "$@" --enable-simd --strip-debug --strip-producers
