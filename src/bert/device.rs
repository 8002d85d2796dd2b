//! Where a model runs, as the user names it.
//!
//! What drives a GPU decides how it is found, and nothing else: burn computes on all of them in
//! one way.

use std::fmt;
use std::str::FromStr;

pub use burn::tensor::Device;

use crate::bert::driver::{Driver, name_of};

/// A device that the user asked for; it may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The processor.
    Cpu,
    /// A GPU, by its number from 0 among those of its driver.
    Gpu(Driver, usize),
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The name is none.
    #[error("unknown device \"{0}\"; write cpu, or cuda:0, vulkan:0 or metal:0 for the first GPU")]
    Unknown(String),
    /// The program cannot use such GPUs.
    #[error(
        "this program was built without support for {0} GPUs; build it with --features {0}, or \
         use cpu"
    )]
    NotBuilt(Driver),
    /// There is no such GPU.
    #[error("there is no GPU {driver}:{number}; {}; use cpu instead", driver.told(*found))]
    Absent {
        /// What should drive it.
        driver: Driver,
        /// The number asked for.
        number: usize,
        /// How many there are.
        found: usize,
    },
    /// It is there, and does not work.
    #[error("the GPU {driver}:{number} cannot be used: {reason}; update its driver, or use cpu")]
    Broken {
        /// What drives it.
        driver: Driver,
        /// Its number.
        number: usize,
        /// What burn says.
        reason: String,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<DeviceChoice, DeviceError> {
        if text == "cpu" {
            return Ok(DeviceChoice::Cpu);
        }

        let (name, number) = text.split_once(':').unwrap_or((text, "0"));
        let driver = Driver::ALL.into_iter().find(|driver| driver.name() == name);
        let gpu = driver.zip(number.parse().ok());

        gpu.map(|(driver, number)| DeviceChoice::Gpu(driver, number))
            .ok_or_else(|| DeviceError::Unknown(text.to_owned()))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Gpu(driver, number) => write!(f, "{driver}:{number}"),
        }
    }
}

impl DeviceChoice {
    /// The device, if this program and this machine have it, and it works.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        Ok(self.open()?.0)
    }

    /// The device's name for a report: what was asked for and, where that is there, the GPU's own
    /// name. Scores of two GPUs may differ a little.
    pub fn described(self) -> String {
        match self.open() {
            Ok((_, Some(name))) => format!("{self} ({name})"),
            Ok((_, None)) | Err(_) => self.to_string(),
        }
    }

    /// The device, and what it calls itself.
    fn open(self) -> Result<(Device, Option<String>), DeviceError> {
        let DeviceChoice::Gpu(driver, number) = self else {
            return Ok((Device::flex(), None));
        };

        // A device that is not there can be named, and would fail at its first use.
        let gpus = driver.gpus().ok_or(DeviceError::NotBuilt(driver))?;
        let gpu = gpus.get(number).ok_or(DeviceError::Absent {
            driver,
            number,
            found: gpus.len(),
        })?;

        // So would one that does not work.
        let named = gpu
            .clone()
            .and_then(|device| Ok((device.clone(), name_of(&device)?)));
        named.map_err(|reason| DeviceError::Broken {
            driver,
            number,
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_users_name_them() {
        assert_eq!("cpu".parse(), Ok(DeviceChoice::Cpu));
        for driver in Driver::ALL {
            let (first, fourth) = (DeviceChoice::Gpu(driver, 0), DeviceChoice::Gpu(driver, 3));
            assert_eq!(driver.name().parse(), Ok(first));
            assert_eq!(fourth.to_string().parse(), Ok(fourth));
        }

        assert_eq!("vulkan:1".parse(), Ok(DeviceChoice::Gpu(Driver::Vulkan, 1)));
        let strange = [
            "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda0", "cpu:0", "CPU", ":0", "",
        ];
        for text in strange {
            assert_eq!(
                text.parse::<DeviceChoice>(),
                Err(DeviceError::Unknown(text.to_owned()))
            );
        }
    }

    #[test]
    fn a_gpu_that_is_not_there_is_an_error_and_no_panic() {
        assert_eq!(DeviceChoice::Cpu.resolve(), Ok(Device::flex()));
        assert_eq!(DeviceChoice::Cpu.described(), "cpu");

        for driver in Driver::ALL {
            let gpu = DeviceChoice::Gpu(driver, 99);
            let refused = gpu.resolve().unwrap_err();
            match driver.gpus() {
                None => assert_eq!(refused, DeviceError::NotBuilt(driver)),
                Some(found) => assert_eq!(
                    refused,
                    DeviceError::Absent {
                        driver,
                        number: 99,
                        found: found.len()
                    }
                ),
            }
            assert_eq!(gpu.described(), gpu.to_string());
        }
    }

    #[test]
    fn an_error_says_which_gpus_there_are() {
        let absent = |found| DeviceError::Absent {
            driver: Driver::Vulkan,
            number: 2,
            found,
        };

        let none = absent(0).to_string();
        assert!(none.contains("no Vulkan driver was found"), "{none}");
        let one = absent(1).to_string();
        assert!(one.contains("there is only vulkan:0;"), "{one}");
        let two = absent(2).to_string();
        assert!(two.contains("there are vulkan:0 to vulkan:1;"), "{two}");
        let not_built = DeviceError::NotBuilt(Driver::Metal).to_string();
        assert!(not_built.contains("--features metal"), "{not_built}");
    }
}
