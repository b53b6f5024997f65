#!/bin/sh
# build.sh FOLDER compiles the kernels to FOLDER/libScoreKernels.so, with CXX or g++. It compiles all instruction sets on any machine;
# the library chooses one when it is loaded.
set -eu
cxx=${CXX:-g++}
source=$(dirname "$0")
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

kernels() { # ISA FLAG...
    isa=$1
    shift
    "$cxx" -std=c++17 -O3 -fPIC -fvisibility=hidden -fno-exceptions -ffp-contract=off -DSCORE_ISA="$isa" "$@" -c "$source/kernels/kernels.cpp" -o "$work/$isa.o"
}

kernels avx2 -mavx2 -mfma &
first=$!
kernels avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma
wait "$first"
mkdir -p "$folder"
"$cxx" -std=c++17 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -fopenmp -shared "$source"/*.cpp "$work"/*.o -o "$work/libScoreKernels.so"
mv -f "$work/libScoreKernels.so" "$folder/"
