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

/// How many numbers there are in each of the parameters whose path is `chosen`.
pub(super) fn sizes<M: Module>(
    model: &M,
    chosen: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, usize> {
    struct Count<'a>(&'a dyn Fn(&str) -> bool, BTreeMap<String, usize>);
    impl Look for Count<'_> {
        fn look<const D: usize>(&mut self, path: String, param: &Param<Tensor<D>>) {
            if (self.0)(&path) {
                self.1.insert(path, param.lazy_shape().iter().product());
            }
        }
    }

    walk(model, Count(chosen, BTreeMap::new())).1
}

/// How many numbers there are in the parameters whose path is `chosen`.
pub fn count<M: Module>(model: &M, chosen: &dyn Fn(&str) -> bool) -> usize {
    sizes(model, chosen).into_values().sum()
}

/// Changes some parameters.
pub(crate) trait Edit {
    /// Whether the parameter at `path` is changed.
    fn chooses(&self, path: &str) -> bool;

    /// Changes the numbers of a parameter with so many axes, in its own order.
    fn edit(&mut self, path: &str, axes: usize, numbers: &mut Vec<f32>);
}

/// Changes the parameters that `editor` chooses. A changed parameter is a new leaf on the same
/// device, which is tracked as the old one was; its numbers are not copied where nobody else has
/// them.
pub(crate) fn edit<M: Module>(model: M, editor: &mut dyn Edit) -> M {
    struct Walk<'a> {
        path: Vec<String>,
        editor: &'a mut dyn Edit,
    }
    impl ModuleMapper for Walk<'_> {
        fn enter_module(&mut self, name: &str, _container: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let path = self.path.join(".");
            if !self.editor.chooses(&path) {
                return param;
            }

            let (id, old, mapper) = param.consume();
            let (shape, device, tracked) = (old.shape(), old.device(), old.is_require_grad());
            let mut values = numbers(old);
            self.editor.edit(&path, D, &mut values);
            let new = Tensor::from_data(TensorData::new(values, shape), &device);
            Param::from_mapped_value(id, new.set_require_grad(tracked), mapper)
        }
    }

    model.map(&mut Walk {
        path: Vec::new(),
        editor,
    })
}

/// Sets the parameters that `values` names.
pub(crate) fn put<M: Module>(model: M, values: Values) -> M {
    struct Put(Values);
    impl Edit for Put {
        fn chooses(&self, path: &str) -> bool {
            self.0.contains_key(path)
        }
        fn edit(&mut self, path: &str, _axes: usize, numbers: &mut Vec<f32>) {
            if let Some(values) = self.0.remove(path) {
                *numbers = values;
            }
        }
    }

    edit(model, &mut Put(values))
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
