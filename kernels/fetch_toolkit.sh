#!/usr/bin/env bash
# Installs the compiler of the kernels (nvcc 13.0.88, 0.25 GB on disk) with pip into the cache folder, where build.rs
# looks for it. Nothing outside that folder changes; a second run does nothing.
#
# Every package is pinned and installed without its dependencies: nvcc's metadata would add packages of other versions,
# whose PTX the assembler then refuses. The kernels include no CUDA header, so these four suffice.
set -euo pipefail

version=13.0.88
cache=${IRONFORGE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ironforge}
toolkit=$cache/cuda-$version
nvcc=$toolkit/nvidia/cu13/bin/nvcc

# A build that found no compiler searches again only when build.rs has changed.
trap 'touch "$(dirname "$0")/../build.rs"' EXIT
if [ -e "$toolkit/.complete" ]; then
  echo "$nvcc is already installed"
  exit 0
fi
command -v python3 >/dev/null || { echo "python3 with pip is needed to install the toolkit" >&2; exit 1; }

# Into a temporary folder, moved when complete: an interrupted or a parallel run leaves no incomplete toolkit.
mkdir -p "$cache"
unfinished=$(mktemp -d "$toolkit.XXXXXX")
trap 'rm -rf "$unfinished"; touch "$(dirname "$0")/../build.rs"' EXIT
# One command: a second one with --target would skip the folder nvidia/ that the first created.
PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps \
  --only-binary :all: --target "$unfinished" \
  nvidia-cuda-nvcc==$version nvidia-nvvm==$version nvidia-cuda-crt==$version nvidia-cuda-runtime==$version
"$unfinished/nvidia/cu13/bin/nvcc" --version >/dev/null
chmod 755 "$unfinished"
touch "$unfinished/.complete"
rm -rf "$toolkit"
mv -T "$unfinished" "$toolkit" 2>/dev/null || [ -e "$toolkit/.complete" ]
echo "$nvcc"
