//! `--precision` of a checkpoint.

#[cfg(feature = "bert")]
use crate::bert::cpu::Precision;
#[cfg(feature = "bert")]
use crate::bert::device::DeviceChoice;

/// How products are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PrecisionChoice {
    F32,
    Int8,
}

#[cfg(feature = "bert")]
impl PrecisionChoice {
    /// As a report names it.
    pub(crate) fn recorded(self) -> Option<String> {
        (self == PrecisionChoice::Int8).then(|| "int8".to_owned())
    }

    pub(crate) fn resolve(self, device: DeviceChoice) -> anyhow::Result<Precision> {
        match (self, device) {
            (PrecisionChoice::F32, _) => Ok(Precision::Single),
            (PrecisionChoice::Int8, DeviceChoice::Cpu) => Ok(Precision::Int8),
            (PrecisionChoice::Int8, DeviceChoice::Gpu(..)) => {
                anyhow::bail!("--precision int8 is computed on the processor: leave out --device")
            }
        }
    }
}
