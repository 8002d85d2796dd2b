#!/bin/sh
# Stands before rustc in a build of the targets: the readers, and the crates that they are made of, say
# which of their lines are reached. Others stay as they are, so that burn is not built anew.
crate=
previous=
for word in "$@"; do
    [ "$previous" = --crate-name ] && crate=$word
    previous=$word
done

case $crate in
mondegreen)
    set -- "$@" --cfg fuzzing
    ;;
safetensors | tokenizers) ;;
*)
    exec "$@"
    ;;
esac
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
