//! A layer in one pass, forward and backward, in some of the texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bert::config::HiddenActivation;
use crate::bert::cpu::learning::activation::{self, activated};
use crate::bert::cpu::learning::attention::{Asking, Attention, Room};
use crate::bert::cpu::learning::dropout::{Drop, drop};
use crate::bert::cpu::learning::linear::{LinearPass, LinearSlopes, Part, Sums, add};
use crate::bert::cpu::learning::norm::{NormSlopes, Normal};
use crate::bert::cpu::learning::weights::{LayerMaps, LayerNorms};
use crate::bert::cpu::norm::Norm;
use crate::bert::cpu::product::{Finish, product};
use crate::bert::encoder::{EncoderLayer, LINEARS};

const QUERY: usize = 0;
const KEY: usize = 1;
const VALUE: usize = 2;
const ATTENTION_OUTPUT: usize = 3;
const INTERMEDIATE: usize = 4;
const OUTPUT: usize = 5;

/// A layer, without the weights of its maps.
pub(super) struct LayerPass {
    linears: [LinearPass; 6],
    pub(super) norms: LayerNorms,
    /// Whether the parameters of each normalization are learned.
    learned_norms: [bool; 2],
    attention_site: Option<Drop>,
    attended_site: Option<Drop>,
    output_site: Option<Drop>,
    asking: Asking,
    heads: usize,
    hidden: usize,
    inner: usize,
    activation: HiddenActivation,
}

/// Where some texts lie among those of the pass.
#[derive(Clone)]
pub(super) struct Texts {
    /// The number of the first text.
    pub(super) first: usize,
    /// The number of its first token.
    pub(super) first_token: usize,
    /// How many tokens each text has.
    pub(super) lengths: Vec<usize>,
}

/// What a layer keeps for its backward pass.
pub(super) struct Kept {
    queries: Vec<f32>,
    keys_and_values: Vec<f32>,
    /// Only where it is asked for.
    attended: Vec<f32>,
    attention_normal: Normal,
    /// Before the activation.
    inner: Vec<f32>,
    output_normal: Normal,
    /// By map, the numbers of its adapter's directions.
    directions: [Vec<f32>; 6],
}

impl Kept {
    /// The layer's result.
    pub(super) fn result(&self, norms: &LayerNorms) -> Vec<f32> {
        self.output_normal.scaled(&norms.output)
    }
}

/// What the way back through a layer starts from, beside the slopes of the result.
pub(super) struct WayBack<'a> {
    /// Packed for this way.
    pub(super) maps: &'a LayerMaps,
    pub(super) texts: &'a Texts,
    pub(super) kept: &'a Kept,
    /// There where [`LayerPass::asks_input`].
    pub(super) input: Option<&'a [f32]>,
    /// Whether slopes of the input are wanted.
    pub(super) wanted: bool,
}

/// Slopes of what is learned of a layer, from some texts.
#[derive(Default)]
pub(super) struct LayerSlopes {
    linears: [LinearSlopes; 6],
    norms: [Option<NormSlopes>; 2],
}

impl LayerPass {
    /// `index` is the layer's number, `seed` that of the pass.
    pub(super) fn new(
        layer: &EncoderLayer,
        index: usize,
        asking: Asking,
        epsilon: f64,
        seed: u64,
    ) -> LayerPass {
        let linears = layer.linears();
        let site = |name: &str| format!("layer {index}, {name}");
        let learned = |norm: &burn::nn::LayerNorm| norm.gamma.is_require_grad();
        let hidden_dropout = layer.dropout.prob;

        LayerPass {
            linears: std::array::from_fn(|slot| {
                LinearPass::new(linears[slot], seed, &site(LINEARS[slot]))
            }),
            norms: LayerNorms::new(layer, epsilon),
            learned_norms: [learned(&layer.attention_norm), learned(&layer.output_norm)],
            attention_site: Drop::new(
                seed,
                &site("attention weights"),
                layer.attention_dropout.prob,
            ),
            attended_site: Drop::new(seed, &site("after the attention"), hidden_dropout),
            output_site: Drop::new(seed, &site("at the end"), hidden_dropout),
            asking,
            heads: layer.heads,
            hidden: layer.query.inputs(),
            inner: layer.intermediate.outputs(),
            activation: layer.activation,
        }
    }

    /// Whether anything is learned.
    pub(super) fn learns(&self) -> bool {
        self.learned_norms.contains(&true) || self.linears.iter().any(LinearPass::learns)
    }

    /// Whether [`LayerPass::backward`] asks for the layer's input.
    pub(super) fn asks_input(&self) -> bool {
        self.linears[QUERY..=VALUE]
            .iter()
            .any(LinearPass::asks_input)
    }

    /// Maps `input` `[tokens, hidden]` to the result for the tokens that ask, `[asking tokens,
    /// hidden]`.
    pub(super) fn forward(
        &self,
        maps: &LayerMaps,
        texts: &Texts,
        input: &[f32],
        room: &mut Room,
    ) -> (Vec<f32>, Kept) {
        let hidden = self.hidden;
        let mut directions: [Vec<f32>; 6] = Default::default();

        let mut keys_and_values = vec![0.0; 2 * input.len()];
        product(
            input,
            &maps.keys_and_values,
            Finish::Keep,
            &mut keys_and_values,
        );
        for (slot, start) in [(KEY, 0), (VALUE, hidden)] {
            directions[slot] = self.linears[slot].adapt(
                input,
                texts.first_token,
                &mut keys_and_values,
                2 * hidden,
                start,
            );
        }

        let first = self.first_row(texts);
        let asking = self.asking_rows(texts, input);
        let mut map = |slot: usize, packed, x: &[f32], outputs: usize| {
            let mut out = vec![0.0; x.len() / self.linears[slot].inputs() * outputs];
            product(x, packed, Finish::Keep, &mut out);
            directions[slot] = self.linears[slot].adapt(x, first, &mut out, outputs, 0);
            out
        };
        let queries = map(QUERY, &maps.query, &asking, hidden);
        let mut attended = vec![0.0; queries.len()];
        self.attention(texts, &queries, &keys_and_values)
            .forward(&mut attended, room);

        let rows = map(ATTENTION_OUTPUT, &maps.attention_output, &attended, hidden);
        let norm = &self.norms.attention;
        let attention_normal = Normal::new(norm, rows, Some(&asking), self.attended_site, first);
        let middle = attention_normal.scaled(norm);

        let inner = map(INTERMEDIATE, &maps.intermediate, &middle, self.inner);
        let mut active = vec![0.0; inner.len()];
        activated(self.activation, &inner, &mut active);

        let rows = map(OUTPUT, &maps.output, &active, hidden);
        let norm = &self.norms.output;
        let output_normal = Normal::new(norm, rows, Some(&middle), self.output_site, first);
        let result = output_normal.scaled(norm);

        if !self.linears[ATTENTION_OUTPUT].asks_input() {
            attended = Vec::new();
        }

        let kept = Kept {
            queries,
            keys_and_values,
            attended,
            attention_normal,
            inner,
            output_normal,
            directions,
        };

        (result, kept)
    }

    /// From the slopes of the result to those of what is learned and, where they are wanted, of
    /// the input.
    pub(super) fn backward(
        &self,
        way: &WayBack<'_>,
        slopes: Vec<f32>,
        room: &mut Room,
    ) -> (LayerSlopes, Vec<f32>) {
        let mut found = LayerSlopes::default();
        let of_middle = self.feed_forward_backward(way, slopes, &mut found);
        let of_input = self.attention_backward(way, of_middle, &mut found, room);

        (found, of_input)
    }

    /// From the slopes of the result to those of what the feed-forward block reads.
    fn feed_forward_backward(
        &self,
        way: &WayBack<'_>,
        mut slopes: Vec<f32>,
        found: &mut LayerSlopes,
    ) -> Vec<f32> {
        let WayBack { maps, kept, .. } = *way;

        // Now slopes of the residual sum.
        found.norms[1] = self.norm_backward(1, &kept.output_normal, &mut slopes);
        let mut of_rows = slopes.clone();
        let first = self.first_row(way.texts);
        drop(self.output_site, first, self.hidden, &mut of_rows);

        let mut of_inner = vec![0.0; kept.inner.len()];
        product(&of_rows, &maps.output, Finish::Keep, &mut of_inner);
        let active = self.linears[OUTPUT].asks_input().then(|| {
            let mut active = vec![0.0; kept.inner.len()];
            activated(self.activation, &kept.inner, &mut active);
            active
        });
        let rows = Part::whole(&of_rows, self.hidden);
        let more = self.learn(way, found, OUTPUT, active.as_deref(), rows);
        add(&mut of_inner, more);
        activation::backward(self.activation, &kept.inner, &mut of_inner);

        let mut of_middle = vec![0.0; slopes.len()];
        let residual = Finish::Add(&slopes);
        product(&of_inner, &maps.intermediate, residual, &mut of_middle);
        let middle = self.linears[INTERMEDIATE].asks_input();
        let middle = middle.then(|| kept.attention_normal.scaled(&self.norms.attention));
        let inner = Part::whole(&of_inner, self.inner);
        let more = self.learn(way, found, INTERMEDIATE, middle.as_deref(), inner);
        add(&mut of_middle, more);

        of_middle
    }

    /// From the slopes of what the feed-forward block reads to those of the input.
    fn attention_backward(
        &self,
        way: &WayBack<'_>,
        mut of_middle: Vec<f32>,
        found: &mut LayerSlopes,
        room: &mut Room,
    ) -> Vec<f32> {
        let WayBack {
            maps, kept, texts, ..
        } = *way;
        let hidden = self.hidden;

        // Now slopes of the residual sum.
        found.norms[0] = self.norm_backward(0, &kept.attention_normal, &mut of_middle);
        let mut of_rows = of_middle.clone();
        drop(
            self.attended_site,
            self.first_row(texts),
            hidden,
            &mut of_rows,
        );
        let mut of_attended = vec![0.0; of_rows.len()];
        let packed = &maps.attention_output;
        product(&of_rows, packed, Finish::Keep, &mut of_attended);
        let rows = Part::whole(&of_rows, hidden);
        let more = self.learn(way, found, ATTENTION_OUTPUT, Some(&kept.attended), rows);
        add(&mut of_attended, more);

        let mut of_queries = vec![0.0; kept.queries.len()];
        let mut of_both = vec![0.0; kept.keys_and_values.len()];
        let attention = self.attention(texts, &kept.queries, &kept.keys_and_values);
        attention.backward(&of_attended, &mut of_queries, &mut of_both, room);

        let asking = way.input.map(|input| self.asking_rows(texts, input));
        let rows = Part::whole(&of_queries, hidden);
        let of_asking = self.learn(way, found, QUERY, asking.as_deref(), rows);
        let mut of_tokens: Vec<Option<Vec<f32>>> = Vec::new();
        for (slot, start) in [(KEY, 0), (VALUE, hidden)] {
            let part = Part {
                numbers: &of_both,
                stride: 2 * hidden,
                start,
            };
            of_tokens.push(self.learn(way, found, slot, way.input, part));
        }
        if !way.wanted {
            return Vec::new();
        }

        // The input has three readers: the residual sum, the queries, and keys and values.
        let mut asked = vec![0.0; of_queries.len()];
        let residual = Finish::Add(&of_middle);
        product(&of_queries, &maps.query, residual, &mut asked);
        add(&mut asked, of_asking);
        let mut of_input = vec![0.0; of_both.len() / 2];
        product(&of_both, &maps.keys_and_values, Finish::Keep, &mut of_input);
        self.add_asking_rows(texts, &asked, &mut of_input);
        for more in of_tokens {
            add(&mut of_input, more);
        }

        of_input
    }

    /// The slopes of what is learned of a map, which has read `x`; returns those of `x` through
    /// the adapter.
    fn learn(
        &self,
        way: &WayBack<'_>,
        found: &mut LayerSlopes,
        slot: usize,
        x: Option<&[f32]>,
        slopes: Part<'_>,
    ) -> Option<Vec<f32>> {
        let first = match slot {
            KEY | VALUE => way.texts.first_token,
            _ => self.first_row(way.texts),
        };
        let directions = &way.kept.directions[slot];
        let (of_map, of_x) = self.linears[slot].backward(x, directions, slopes, first);
        found.linears[slot] = of_map;

        of_x
    }

    /// Adds up the slopes of all parts in their order, and puts them where `path` leads.
    pub(super) fn gather(
        &self,
        path: &str,
        parts: Vec<LayerSlopes>,
        found: &mut BTreeMap<String, Vec<f32>>,
    ) {
        let mut linears: [Vec<LinearSlopes>; 6] = Default::default();
        let mut norms: [Sums; 2] = Default::default();
        for part in parts {
            for (linear, slopes) in linears.iter_mut().zip(part.linears) {
                linear.push(slopes);
            }
            for (sums, slopes) in norms.iter_mut().zip(part.norms) {
                if let Some(NormSlopes { gamma, beta }) = slopes {
                    sums.add("gamma", Some(gamma));
                    sums.add("beta", Some(beta));
                }
            }
        }

        for ((name, linear), slopes) in LINEARS.iter().zip(&self.linears).zip(linears) {
            linear.gather(&format!("{path}.{name}"), slopes, found);
        }

        for (name, sums) in ["attention_norm", "output_norm"].iter().zip(norms) {
            sums.put(&format!("{path}.{name}"), found);
        }
    }

    fn norm_backward(
        &self,
        index: usize,
        normal: &Normal,
        slopes: &mut [f32],
    ) -> Option<NormSlopes> {
        let norm: &Norm = match index {
            0 => &self.norms.attention,
            _ => &self.norms.output,
        };
        let mut learned = self.learned_norms[index].then(|| NormSlopes::zero(norm));
        normal.backward(norm, slopes, learned.as_mut());

        learned
    }

    fn attention<'a>(
        &self,
        texts: &'a Texts,
        queries: &'a [f32],
        keys_and_values: &'a [f32],
    ) -> Attention<'a> {
        Attention {
            queries,
            keys_and_values,
            lengths: &texts.lengths,
            asking: self.asking,
            heads: self.heads,
            hidden: self.hidden,
            site: self.attention_site,
            first: self.first_row(texts),
        }
    }

    /// The number of the first asking row.
    fn first_row(&self, texts: &Texts) -> usize {
        match self.asking {
            Asking::All => texts.first_token,
            Asking::First => texts.first,
        }
    }

    /// The rows of `input` `[tokens, hidden]` that ask.
    fn asking_rows<'a>(&self, texts: &Texts, input: &'a [f32]) -> Cow<'a, [f32]> {
        match self.asking {
            Asking::All => Cow::Borrowed(input),
            Asking::First => {
                let mut rows = Vec::with_capacity(texts.lengths.len() * self.hidden);
                let mut token = 0;
                for length in &texts.lengths {
                    rows.extend_from_slice(&input[token * self.hidden..][..self.hidden]);
                    token += length;
                }
                Cow::Owned(rows)
            }
        }
    }

    /// Adds `rows`, one for each that asks, to the rows of tokens.
    fn add_asking_rows(&self, texts: &Texts, rows: &[f32], tokens: &mut [f32]) {
        let rows = rows.chunks_exact(self.hidden);
        let places: Vec<usize> = match self.asking {
            Asking::All => (0..rows.len()).collect(),
            Asking::First => {
                let lengths = texts.lengths.iter();
                let starts = lengths.scan(0, |next, length| {
                    *next += length;
                    Some(*next - length)
                });
                starts.collect()
            }
        };

        for (place, row) in places.into_iter().zip(rows) {
            let token = &mut tokens[place * self.hidden..][..self.hidden];
            for (slope, more) in token.iter_mut().zip(row) {
                *slope += more;
            }
        }
    }
}
