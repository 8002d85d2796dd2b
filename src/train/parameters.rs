//! The parameters of a model by their paths, as numbers on the host.
//!
//! Paths are those of the module tree, such as `encoder.layers.0.query.adapter.a`.
//! Names in files are another matter; see [`weights`](mod@crate::bert::weights).

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use crate::bert::weights::numbers;

/// Numbers by the path of their parameter.
pub type Values = BTreeMap<String, Vec<f32>>;

/// Walks over parameters, and hands each with its path to `look`.
struct Walk<L> {
    path: Vec<String>,
    look: L,
}

/// What is done with a parameter that a [`Walk`] comes by.
trait Look {
    fn look<const D: usize>(&mut self, path: String, param: &Param<Tensor<D>>);
}

impl<L: Look> ModuleVisitor for Walk<L> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.look.look(self.path.join("."), param);
    }
}

fn walk<M: Module, L: Look>(model: &M, look: L) -> L {
    let mut walk = Walk {
        path: Vec::new(),
        look,
    };
    model.visit(&mut walk);
    walk.look
}

/// The gradient of every parameter that has one.
pub fn gradients<M: Module>(model: &M, gradients: &Gradients) -> Values {
    struct Collect<'a>(&'a Gradients, Values);
    impl Look for Collect<'_> {
        fn look<const D: usize>(&mut self, path: String, param: &Param<Tensor<D>>) {
            if let Some(gradient) = param.val().grad(self.0) {
                self.1.insert(path, numbers(gradient));
            }
        }
    }

    walk(model, Collect(gradients, Values::new())).1
}

/// The parameters whose path is `chosen`.
pub fn values<M: Module>(model: &M, chosen: &dyn Fn(&str) -> bool) -> Values {
    struct Collect<'a>(&'a dyn Fn(&str) -> bool, Values);
    impl Look for Collect<'_> {
        fn look<const D: usize>(&mut self, path: String, param: &Param<Tensor<D>>) {
            if (self.0)(&path) {
                self.1.insert(path, numbers(param.val()));
            }
        }
    }

    walk(model, Collect(chosen, Values::new())).1
}

/// How many numbers there are in the parameters whose path is `chosen`.
pub fn count<M: Module>(model: &M, chosen: &dyn Fn(&str) -> bool) -> usize {
    struct Count<'a>(&'a dyn Fn(&str) -> bool, usize);
    impl Look for Count<'_> {
        fn look<const D: usize>(&mut self, path: String, param: &Param<Tensor<D>>) {
            if (self.0)(&path) {
                self.1 += param.lazy_shape().iter().product::<usize>();
            }
        }
    }

    walk(model, Count(chosen, 0)).1
}

/// What becomes of a parameter.
pub enum Change {
    /// It stays as it is.
    Keep,
    /// It gets these numbers, in its own order.
    Set(Vec<f32>),
}

/// Changes parameters: `change` gets a path and the number of axes. A changed
/// parameter is a new leaf on the same device, which is tracked as the old one was.
pub fn replace<M: Module>(model: M, change: &mut dyn FnMut(&str, usize) -> Change) -> M {
    struct Replace<'a> {
        path: Vec<String>,
        change: &'a mut dyn FnMut(&str, usize) -> Change,
    }
    impl ModuleMapper for Replace<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            match (self.change)(&self.path.join("."), D) {
                Change::Keep => param,
                Change::Set(numbers) => {
                    let (id, old, mapper) = param.consume();
                    let data = TensorData::new(numbers, old.shape());
                    let new = Tensor::from_data(data, &old.device());
                    let new = new.set_require_grad(old.is_require_grad());
                    Param::from_mapped_value(id, new, mapper)
                }
            }
        }
    }

    model.map(&mut Replace {
        path: Vec::new(),
        change,
    })
}

/// Lets exactly the parameters whose path is `chosen` be trained.
pub fn train_only<M: Module>(model: M, chosen: &dyn Fn(&str) -> bool) -> M {
    struct Choose<'a> {
        path: Vec<String>,
        chosen: &'a dyn Fn(&str) -> bool,
    }
    impl ModuleMapper for Choose<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let chosen = (self.chosen)(&self.path.join("."));
            param.set_require_grad(chosen)
        }
    }

    model.train().map(&mut Choose {
        path: Vec::new(),
        chosen,
    })
}
