//! The weights file: safetensors, read by [`Model::from_bytes`] and written by [`Model::to_bytes`].
//!
//! This page is the complete specification: it is enough to write a weights file and to evaluate the network from
//! one.
//!
//! # Sizes
//!
//! The file has only tensors and the `trained` flag. The sizes and options of the network are settings that the
//! reader must be given:
//!
//! | symbol | setting | default | |
//! |---|---|---|---|
//! | `F` | none: the number of feature columns | | 1 to 65,536 |
//! | `D` | `tgat.hidden_dim` | 44 | 4 to 1024, a multiple of `H` |
//! | `H` | `tgat.num_heads` | 4 | 1 to 64; the head dimension `d = D / H` is at most 128 |
//! | `N` | `tgat.num_layers` | 2 | 1 to 32 |
//! | | `tgat.positions` | `none` | `learned` adds a tensor a layer |
//! | | `tgat.layer_norm` | `false` | `true` adds two tensors a layer |
//! | | `tgat.residual` | `false` | changes the formula, not the tensors |
//! | | `tgat.precision` | `f16` | changes the formula, not the tensors |
//!
//! # Tensors
//!
//! A matrix is stored as `[out, in]`, row-major, so a projection is `x Wᵀ + b`. The layer index `i` is in `0..N`; the
//! input width `I` is `F` in layer 0 and `D` in the others. Divisions round down.
//!
//! | name | shape | present |
//! |---|---|---|
//! | `attention_layers.{i}.input_projection.weight` | `[D, I]` | always |
//! | `attention_layers.{i}.input_projection.bias` | `[D]` | always |
//! | `attention_layers.{i}.query.weight`, `.key.weight`, `.value.weight`, `.output_projection.weight` | `[D, D]` | always |
//! | `attention_layers.{i}.query.bias`, `.key.bias`, `.value.bias`, `.output_projection.bias` | `[D]` | always |
//! | `attention_layers.{i}.dag_positional_encoding` | `[1, 1000, D]` | `positions = learned` |
//! | `attention_layers.{i}.layer_norm.weight`, `.layer_norm.bias` | `[D]` | `layer_norm = true` |
//! | `pattern_classifier.0.weight`, `.0.bias` | `[D / 2, D]`, `[D / 2]` | always |
//! | `pattern_classifier.3.weight`, `.3.bias` | `[16, D / 2]`, `[16]` | always |
//! | `significance_scorer.0.weight`, `.0.bias` | `[D / 4, D]`, `[D / 4]` | always |
//! | `significance_scorer.2.weight`, `.2.bias` | `[1, D / 4]`, `[1]` | always |
//! | `range_head.0.weight`, `.0.bias` | `[32, D]`, `[32]` | always |
//! | `range_head.2.weight`, `.2.bias` | `[2, 32]`, `[2]` | always |
//! | `feature_mean`, `feature_std` | `[F]` | both or neither |
//!
//! Every name may have the prefix `w.`; a name both with and without it is an error. A tensor that the settings do
//! not use, a missing tensor and an unknown name are errors. The exception: a tensor is ignored, and listed by
//! [`Model::ignored`], if one of the dot-separated parts of its name is `temporal_encoding`,
//! `temporal_bias_network` or `edge_processor`, unless it belongs to a layer `N` or higher.
//!
//! The dtype of each tensor is `F32`, `F16` or `BF16`; the latter two are widened to f32. [`Model::to_bytes`]
//! writes `F32`. Every value must be finite, and those of `feature_std` 0 or more.
//!
//! The metadata (`__metadata__` of the safetensors header) may have the key `trained`. The value `false` marks
//! untrained weights, and results carry this flag; with any other value, or without the key, the weights are
//! trained. [`Model::to_bytes`] writes `true` or `false`, and no other key.
//!
//! A file is at most [`MAX_FILE_BYTES`] long, its header at most 1 MiB, and a number in the header has at most 18
//! digits.
//!
//! # Evaluation
//!
//! The input of layer 0 is the features `[nodes, F]`, standardised by the caller: `(x - mean) / (std + 1e-6)`, with
//! `feature_mean` and `feature_std` (the population standard deviation) if the file holds them, else with the
//! statistics of the graph's own nodes. A missing value is 0 after that.
//!
//! A layer turns its input `x` into `y`, `[nodes, D]`:
//!
//! ```text
//! h = x W_inputᵀ + b_input                        [nodes, D]
//! h = h + dag_positional_encoding[0, p]           positions = learned; p: index of the node in its graph, from 0
//! q = h W_queryᵀ + b_query                        k and v likewise
//! q, k, v rounded to tgat.precision               f16, bf16: to nearest, ties to even; f32: not rounded
//! s = q_i · k_j / sqrt(d) + bias(|t_i - t_j|)     for each head: columns a d .. (a + 1) d of q, k, v for head a of H
//! o_i = sum_j softmax_j(s) v_j                    over the keys j of node i; heads side by side, [nodes, D]
//! y = o W_outputᵀ + b_output                      W_output: output_projection
//! y = y + h                                       residual = true
//! y = layer_norm.weight (y - mean) / sqrt(var + 1e-5) + layer_norm.bias    layer_norm = true
//! ```
//!
//! `mean` and `var` are those of a row; `var` is the population variance (divided by `D`). There is no activation
//! between layers: `y` is the input of the next one. Keys, time bias and the output of a node without keys (zeros
//! by default) are settings of [`attention`](crate::attention), the same in every layer; the bias is `none` in a
//! [`Batch`] by default. A graph of more than 1000 nodes is an error with learned positions.
//!
//! The output `e` of the last layer is the embeddings. The heads use `relu(z) = max(z, 0)` and
//! `sigmoid(z) = 1 / (1 + exp(-z))`:
//!
//! ```text
//! pattern      = sigmoid(relu(e W_0ᵀ + b_0) W_3ᵀ + b_3)    pattern_classifier,  [nodes, 16]
//! significance = sigmoid(relu(e W_0ᵀ + b_0) W_2ᵀ + b_2)    significance_scorer, [nodes, 1]
//! ```
//!
//! The range of a session ([`Model::predict_range`]) is computed from its first
//! `k = max(1, floor(nodes · fraction))` nodes: the network runs on the subgraph of these nodes. `A` is the
//! attention of the last layer, averaged over the heads:
//!
//! ```text
//! c_j            = sum_i A[i, j]
//! w              = softmax(c)
//! g              = sum_j w_j e_j
//! (center, half) = relu(g W_0ᵀ + b_0) W_2ᵀ + b_2    range_head
//! half           = |half|
//! confidence     = max(w)
//! ```
//!
//! Projections and embeddings are f32; layer normalisation, `c`, `w` and `g` are computed in f64 and stored as f32,
//! except `w`. Dropout, if used in training, is not applied.
//!
//! ```
//! use ironforge::tgat::{Model, TgatConfig};
//! use safetensors::SafeTensors;
//!
//! let config = TgatConfig { num_layers: 1, ..TgatConfig::default() };
//! let bytes = Model::seeded(&config, 5, 42).unwrap().to_bytes().unwrap();
//! let file = SafeTensors::deserialize(&bytes).unwrap();
//! let shape = |name| file.tensor(name).unwrap().shape().to_vec();
//! assert_eq!(shape("attention_layers.0.input_projection.weight"), [44, 5]);
//! assert_eq!(shape("attention_layers.0.query.weight"), [44, 44]);
//! assert_eq!(shape("pattern_classifier.0.weight"), [22, 44]);
//! assert_eq!(shape("significance_scorer.0.weight"), [11, 44]);
//! assert_eq!(shape("range_head.2.weight"), [2, 32]);
//! assert_eq!(file.len(), 10 + 12);
//!
//! let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
//! assert_eq!(header.metadata().as_ref().unwrap()["trained"], "false");
//! ```
//!
//! # Files
//!
//! - `header`: limits on an untrusted file
//! - `metadata`: the key and values of the `trained` flag
//! - `reader`: from a file to the tensors of a network
//! - `writer`: from the tensors of a network to a file
//!
//! [`Batch`]: super::Batch
//! [`Model::from_bytes`]: super::Model::from_bytes
//! [`Model::to_bytes`]: super::Model::to_bytes
//! [`Model::ignored`]: super::Model::ignored
//! [`Model::predict_range`]: super::Model::predict_range

mod header;
mod metadata;
mod reader;
mod writer;

pub use header::MAX_FILE_BYTES;
pub(super) use reader::WeightsFile;
pub(super) use writer::write;
