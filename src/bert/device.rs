//! Where a model runs, as the user names it.

use std::fmt;
use std::str::FromStr;

pub use burn::tensor::Device;

/// A device that the user asked for; it may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, by its number from 0.
    Cuda(usize),
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The name is none.
    #[error("unknown device \"{0}\"; write cpu, or cuda:0 for the first NVIDIA GPU")]
    Unknown(String),
    /// The program cannot use GPUs.
    #[error(
        "this program was built without GPU support; build it with --features cuda, or use cpu"
    )]
    NotBuilt,
    /// There is no such GPU.
    #[error("there is no GPU cuda:{number}; {found} NVIDIA GPUs were found; use cpu instead")]
    Absent {
        /// The number asked for.
        number: usize,
        /// How many there are.
        found: usize,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<DeviceChoice, DeviceError> {
        if text == "cpu" {
            return Ok(DeviceChoice::Cpu);
        }

        let number = match text.strip_prefix("cuda") {
            Some("") => Some(0),
            Some(rest) => rest
                .strip_prefix(':')
                .and_then(|number| number.parse().ok()),
            None => None,
        };

        number
            .map(DeviceChoice::Cuda)
            .ok_or_else(|| DeviceError::Unknown(text.to_owned()))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl DeviceChoice {
    /// The device, if this program and this machine have it.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            DeviceChoice::Cpu => Ok(Device::flex()),
            DeviceChoice::Cuda(number) => cuda(number),
        }
    }
}

#[cfg(feature = "cuda")]
fn cuda(number: usize) -> Result<Device, DeviceError> {
    use burn::tensor::DeviceType;
    // A device that is not there can be named, and would fail at its first use.
    let found = Device::enumerate(DeviceType::Cuda).into_vec().len();
    if number < found {
        Ok(Device::cuda(number))
    } else {
        Err(DeviceError::Absent { number, found })
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_number: usize) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_users_name_them() {
        assert_eq!("cpu".parse(), Ok(DeviceChoice::Cpu));
        assert_eq!("cuda:1".parse(), Ok(DeviceChoice::Cuda(1)));
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for text in ["gpu", "cuda:", "cuda:x", "cuda0", "CPU", ""] {
            assert_eq!(
                text.parse::<DeviceChoice>(),
                Err(DeviceError::Unknown(text.to_owned()))
            );
        }

        assert_eq!(DeviceChoice::Cuda(1).to_string(), "cuda:1");
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_no_panic() {
        assert!(DeviceChoice::Cpu.resolve().is_ok());
        let refused = DeviceChoice::Cuda(99).resolve();
        assert!(matches!(
            refused,
            Err(DeviceError::NotBuilt | DeviceError::Absent { .. })
        ));
    }
}
