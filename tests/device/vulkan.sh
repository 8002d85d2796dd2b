#!/usr/bin/env bash
# Scores and a training step on a Vulkan device, beside those of the processor. Installs Mesa's driver,
# which makes a device of the processor, where there is none. The first build takes ten minutes or more.
# Ends with 77 where the driver cannot be had: nothing was computed then.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Other features compile most crates anew: that is quicker in the development profile, which nothing
# else here uses; without any optimization making a kernel takes seconds. C is compiled anew with them.
has_vulkan() { ldconfig -p | grep -q 'libvulkan\.so\.1' && compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null; }
packages=(libvulkan1 mesa-vulkan-drivers)
if ! has_vulkan; then
    timeout 120 apt-get update -qq || true
    timeout 300 apt-get install -y -qq --no-install-recommends "${packages[@]}" || true
    has_vulkan || { echo "skipped: ${packages[*]} cannot be installed here"; exit 77; }
fi

CFLAGS=-O1 CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=1 ROBUSTNESS_CHECK_VULKAN=required \
    cargo test --locked --features vulkan --test it -- vulkan::
