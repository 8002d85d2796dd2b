//! What drives GPUs, and those that it has on this machine.

use std::fmt;
use std::sync::OnceLock;

use burn::tensor::Device;
#[cfg(any(feature = "vulkan", feature = "metal"))]
use burn::tensor::{
    DeviceKind,
    wgpu::{WgpuBackend, WgpuInitError},
};

use crate::bert::guard::guarded;

/// What drives a GPU; the program is built with the feature of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// NVIDIA's own.
    Cuda,
    /// Vulkan, which most GPUs have, and processors too where Mesa's driver is installed.
    Vulkan,
    /// Apple's.
    Metal,
}

/// A GPU, or why it cannot be used.
type Gpu = Result<Device, String>;

/// What finds the GPUs of a driver.
type Find = fn() -> Vec<Gpu>;

/// The drivers that the program was built with, each with what finds its GPUs.
const BUILT: &[(Driver, Find)] = &[
    #[cfg(feature = "cuda")]
    (Driver::Cuda, nvidia),
    #[cfg(feature = "vulkan")]
    (Driver::Vulkan, || graphics(WgpuBackend::Vulkan)),
    #[cfg(feature = "metal")]
    (Driver::Metal, || graphics(WgpuBackend::Metal)),
];

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Driver {
    pub(super) const ALL: [Driver; 3] = [Driver::Cuda, Driver::Vulkan, Driver::Metal];

    pub(super) fn name(self) -> &'static str {
        match self {
            Driver::Cuda => "cuda",
            Driver::Vulkan => "vulkan",
            Driver::Metal => "metal",
        }
    }

    /// What was found of its GPUs, in words.
    pub(super) fn told(self, found: usize) -> String {
        match (found, self) {
            (0, Driver::Cuda) => "no NVIDIA GPU was found (nvidia-smi shows them)".to_owned(),
            (0, Driver::Vulkan) => {
                "no Vulkan driver was found (vulkaninfo --summary shows them)".to_owned()
            }
            (0, Driver::Metal) => "no GPU of Apple's was found".to_owned(),
            (1, _) => format!("there is only {self}:0"),
            (_, _) => format!("there are {self}:0 to {self}:{}", found - 1),
        }
    }

    /// The GPUs that it has on this machine; `None` where the program was built without it.
    pub(super) fn gpus(self) -> Option<&'static [Gpu]> {
        // Looking takes long, and a GPU is opened once.
        static FOUND: [OnceLock<Vec<Gpu>>; 3] = [const { OnceLock::new() }; 3];

        let (_, search) = BUILT.iter().find(|(driver, _)| *driver == self)?;
        Some(FOUND[self as usize].get_or_init(search))
    }
}

/// What a GPU calls itself, once it is open.
#[cfg(any(feature = "cuda", feature = "vulkan", feature = "metal"))]
pub(super) fn name_of(gpu: &Device) -> Result<Option<String>, String> {
    guarded(|| gpu.identity().map(|identity| identity.name))
}

/// There are no GPUs to be asked.
#[cfg(not(any(feature = "cuda", feature = "vulkan", feature = "metal")))]
pub(super) fn name_of(_gpu: &Device) -> Result<Option<String>, String> {
    guarded(|| None)
}

#[cfg(feature = "cuda")]
fn nvidia() -> Vec<Gpu> {
    let found = Device::enumerate(burn::tensor::DeviceType::Cuda);
    found.into_vec().into_iter().map(Ok).collect()
}

/// The GPUs that have a driver of `api`, opened: dedicated ones first, then those that share the
/// processor's memory, those of virtual machines, and the processor itself.
#[cfg(any(feature = "vulkan", feature = "metal"))]
fn graphics(api: WgpuBackend) -> Vec<Gpu> {
    let mut found = Vec::new();
    let kinds = [
        DeviceKind::DiscreteGpu,
        DeviceKind::IntegratedGpu,
        DeviceKind::VirtualGpu,
    ];
    for kind in kinds {
        let gpus = (0..).map_while(|number| open(api, kind(number)));
        for gpu in gpus {
            found.push(gpu);
            // What is wrong with one may be wrong with an endless row of them.
            if found.last().is_some_and(Result::is_err) {
                break;
            }
        }
    }

    found.extend(open(api, DeviceKind::Cpu));
    found
}

/// A GPU, opened; `None` where there is none of that kind and number.
#[cfg(any(feature = "vulkan", feature = "metal"))]
fn open(api: WgpuBackend, kind: DeviceKind) -> Option<Gpu> {
    let options = Device::wgpu_options().device_kind(kind).graphics_api(api);
    match options.init() {
        Ok(device) => Some(Ok(device)),
        Err(
            WgpuInitError::AdapterUnavailable { .. } | WgpuInitError::UnsupportedGraphicsApi { .. },
        ) => None,
        Err(error) => Some(Err(error.to_string())),
    }
}
