//! A linear map with room for a low-rank adapter.
//!
//! Plain LoRA (arXiv 2106.09685) and AdaLoRA's P Λ Q form (arXiv 2303.10512)
//! share one type. Which modules get adapters, and how they are stored, is
//! elsewhere.

use burn::module::{Module, Param};
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor, TensorData};

use crate::bert::initial;

/// `y = x W + b`, plus the adapter's share where there is one.
#[derive(Module, Debug)]
pub struct AdaptedLinear {
    /// `[inputs, outputs]`: transposed with respect to Hugging Face's files.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<1>>,
    /// What is added to the frozen map.
    pub adapter: Option<LowRank>,
}

impl AdaptedLinear {
    /// A map with zero weights, allocated when first used.
    pub(crate) fn zeros(inputs: usize, outputs: usize, device: &Device) -> AdaptedLinear {
        use burn::module::Initializer;
        AdaptedLinear {
            weight: Initializer::Zeros.init([inputs, outputs], device),
            bias: Initializer::Zeros.init([outputs], device),
            adapter: None,
        }
    }

    /// How many inputs there are.
    pub(crate) fn inputs(&self) -> usize {
        self.weight.lazy_shape()[0]
    }

    /// How many outputs there are.
    pub(crate) fn outputs(&self) -> usize {
        self.weight.lazy_shape()[1]
    }

    /// Maps `[.., inputs]` to `[.., outputs]`.
    ///
    /// The dense product of the adapter is never formed: its cost is that of
    /// two thin matrices. The leading axes are folded into one, so that a row's
    /// result does not depend on how rows are arranged.
    pub(crate) fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut shape = x.dims();
        let weight = self.weight.val();
        let [inputs, outputs] = weight.dims();
        let rows = shape[..D - 1].iter().product();
        let x: Tensor<2> = x.reshape([rows, inputs]);
        let base = burn::tensor::module::linear(x.clone(), weight, Some(self.bias.val()));
        let y = match &self.adapter {
            Some(adapter) if adapter.rank() > 0 => base + adapter.forward(x),
            Some(_) | None => base,
        };
        shape[D - 1] = outputs;

        y.reshape(shape)
    }

    /// Adds an adapter, in the place of any that is there.
    ///
    /// # Panics
    ///
    /// When its shapes do not fit the map.
    pub(crate) fn attach(&mut self, adapter: LowRank) {
        assert_eq!(
            adapter.a.shape()[1],
            self.inputs(),
            "the adapter reads what the map reads"
        );
        assert_eq!(
            adapter.b.shape()[0],
            self.outputs(),
            "the adapter writes what the map writes"
        );

        self.adapter = Some(adapter);
    }

    /// Folds the adapter into the weight, in f32, and removes it.
    ///
    /// The weight becomes a new parameter that is not connected to the adapter.
    pub(crate) fn merge(&mut self) {
        if let Some(adapter) = self.adapter.take()
            && adapter.rank() > 0
        {
            // Cut off from both: no gradient flows into an adapter that is gone.
            let merged = self.weight.val().detach() + adapter.delta().detach();
            self.weight = Param::from_tensor(merged);
        }
    }
}

/// A low-rank map `x -> scaling * dropout(x) Aᵀ diag(λ) Bᵀ`.
#[derive(Module, Debug)]
pub struct LowRank {
    /// `[rank, inputs]`, PEFT's `lora_A`.
    pub a: Param<Tensor<2>>,
    /// `[rank, 1]`, AdaLoRA's `lora_E`; absent in plain LoRA.
    pub lambda: Option<Param<Tensor<2>>>,
    /// `[outputs, rank]`, PEFT's `lora_B`.
    pub b: Param<Tensor<2>>,
    /// What the product is multiplied by.
    pub scaling: f64,
    /// Drops inputs, only while training.
    pub dropout: Dropout,
}

impl LowRank {
    /// An adapter with given matrices.
    pub(crate) fn new(
        a: Tensor<2>,
        lambda: Option<Tensor<2>>,
        b: Tensor<2>,
        scaling: f64,
        dropout: f64,
    ) -> LowRank {
        LowRank {
            a: Param::from_tensor(a),
            lambda: lambda.map(Param::from_tensor),
            b: Param::from_tensor(b),
            scaling,
            dropout: DropoutConfig::new(dropout).init(),
        }
    }

    /// A new plain adapter that changes nothing yet, drawn as PEFT draws it: `A` uniform
    /// within `1/sqrt(inputs)`, `B` zero. `name` and `seed` decide the draw.
    pub(crate) fn lora(
        linear: &AdaptedLinear,
        rank: usize,
        scaling: f64,
        draw: &Draw<'_>,
    ) -> LowRank {
        let [inputs, outputs] = [linear.inputs(), linear.outputs()];
        let name = format!("{}.lora_A", draw.name);
        let bound = 1.0 / (inputs as f64).sqrt();
        let a = initial::uniform(draw.seed, &name, rank * inputs, bound);
        let a = Tensor::from_data(TensorData::new(a, [rank, inputs]), draw.device);
        let b = Tensor::zeros([outputs, rank], draw.device);
        LowRank::new(a, None, b, scaling, draw.dropout)
    }

    /// A new AdaLoRA adapter that changes nothing yet: `A` and `B` normal with
    /// standard deviation 0.02, `λ` zero.
    pub(crate) fn adalora(
        linear: &AdaptedLinear,
        rank: usize,
        scaling: f64,
        draw: &Draw<'_>,
    ) -> LowRank {
        let [inputs, outputs] = [linear.inputs(), linear.outputs()];
        let normal = |part: &str, shape: [usize; 2]| {
            let name = format!("{}.{part}", draw.name);
            let values = initial::normal(draw.seed, &name, shape[0] * shape[1], 0.02);
            Tensor::from_data(TensorData::new(values, shape), draw.device)
        };
        let a = normal("lora_A", [rank, inputs]);
        let b = normal("lora_B", [outputs, rank]);
        let lambda = Tensor::zeros([rank, 1], draw.device);

        LowRank::new(a, Some(lambda), b, scaling, draw.dropout)
    }

    /// How many directions there are; may be 0.
    pub(crate) fn rank(&self) -> usize {
        self.a.shape()[0]
    }

    /// Maps `[rows, inputs]` to `[rows, outputs]`.
    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let thin = self.dropout.forward(x).matmul(self.a.val().transpose());
        let thin = match &self.lambda {
            Some(lambda) => thin * lambda.val().transpose(),
            None => thin,
        };
        (thin * self.scaling).matmul(self.b.val().transpose())
    }

    /// The dense product, `[inputs, outputs]`, as it is added to the weight.
    pub(crate) fn delta(&self) -> Tensor<2> {
        let b = self.b.val().transpose();
        let b = match &self.lambda {
            Some(lambda) => b * lambda.val(),
            None => b,
        };
        self.a.val().transpose().matmul(b) * self.scaling
    }
}

/// What a new adapter is drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw<'a> {
    /// The module's name: every module has its own random stream.
    pub(crate) name: &'a str,
    /// The run's seed.
    pub(crate) seed: u64,
    /// The adapter's dropout, at least 0 and below 1.
    pub(crate) dropout: f64,
    /// Where the matrices live.
    pub(crate) device: &'a Device,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linear(device: &Device) -> AdaptedLinear {
        let mut linear = AdaptedLinear::zeros(6, 4, device);
        let values = initial::normal(1, "weight", 24, 1.0);
        linear.weight =
            Param::from_tensor(Tensor::from_data(TensorData::new(values, [6, 4]), device));
        linear
    }

    #[track_caller]
    fn check_merge_changes_nothing(make: fn(&AdaptedLinear, usize, f64, &Draw<'_>) -> LowRank) {
        let device = Device::flex();
        let mut linear = linear(&device);
        let draw = Draw {
            name: "layer",
            seed: 3,
            dropout: 0.0,
            device: &device,
        };
        let mut adapter = make(&linear, 2, 1.5, &draw);
        let b = initial::normal(4, "b", 8, 1.0);
        adapter.b = Param::from_tensor(Tensor::from_data(TensorData::new(b, [4, 2]), &device));
        if adapter.lambda.is_some() {
            adapter.lambda = Some(Param::from_tensor(Tensor::from_data(
                [[2.0], [-0.5]],
                &device,
            )));
        }

        let x = initial::normal(2, "x", 30, 1.0);
        let x: Tensor<3> = Tensor::from_data(TensorData::new(x, [1, 5, 6]), &device);
        let plain = linear.forward(x.clone());
        linear.attach(adapter);

        let adapted = linear.forward(x.clone());
        linear.merge();
        assert!(linear.adapter.is_none());

        let merged = linear.forward(x);
        let change: f32 = (adapted.clone() - plain).abs().max().into_scalar();
        let difference: f32 = (adapted - merged).abs().max().into_scalar();
        assert!(change > 0.1, "the adapter does something: {change}");
        assert!(difference < 1e-5, "{difference}");
    }

    #[test]
    fn a_merged_adapter_computes_what_it_did_before() {
        check_merge_changes_nothing(LowRank::lora);
        check_merge_changes_nothing(LowRank::adalora);
    }

    #[test]
    fn an_adapter_of_rank_zero_changes_nothing() {
        let device = Device::flex();
        let mut linear = linear(&device);
        let x: Tensor<2> = Tensor::ones([2, 6], &device);
        let plain = linear.forward(x.clone());
        let a = Tensor::zeros([0, 6], &device);
        let b = Tensor::zeros([4, 0], &device);
        linear.attach(LowRank::new(a, None, b, 1.0, 0.0));
        plain
            .into_data()
            .assert_eq(&linear.forward(x).into_data(), true);
        linear.merge();
        assert!(linear.adapter.is_none());
    }
}
