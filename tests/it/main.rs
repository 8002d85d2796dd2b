//! The only integration binary: its contents page.

#[cfg(all(feature = "bert", unix))]
mod attack; // files that broke the program, and bombs
mod baseline; // a run against an earlier one: equal, worse, other utterances, other settings
#[cfg(unix)]
mod cache; // scores that runs share
mod cases; // inputs after public reports, with values of independent programs
mod certificates; // certificates of single substitutions, against brute force
#[cfg(unix)]
mod ci; // what a machine that builds gets
mod circles; // no file imports one that imports it back
mod cli; // runs of the binary on small inputs: output, files, exit codes
#[cfg(unix)]
mod clusters; // what `init` writes for Slurm, Ray and Kubernetes
#[cfg(unix)]
mod code_quality; // findings for a merge request of GitLab
mod compare; // several models on the same lists, and where their ranks are
mod corrections; // generators, which write texts instead of picking them
#[cfg(feature = "bert")]
mod demo; // the model that the program carries
#[cfg(unix)]
mod disk; // full disks, and places that cannot be written
#[cfg(feature = "bert")]
mod encoders; // RoBERTa, XLM-RoBERTa, DistilBERT and ELECTRA, against transformers and PEFT
mod error_rates; // how often gates are wrong, by simulation
mod evidence; // too little evidence, and speakers that are not known
#[cfg(unix)]
mod exec; // models that are other programs
#[cfg(feature = "bert")]
mod failures; // minimized, saved, replayed, explained and certified failures
#[cfg(feature = "bert")]
mod figures; // every figure of a report, recomputed from perturbed lists and scores
mod floors; // the architecture of src/lib.rs
mod foreign; // files that are no lists as they stand: read with care, or refused by name
#[cfg(all(feature = "bert", unix))]
mod guide; // the commands of the README and of the guide pages
#[cfg(feature = "bert")]
mod help; // `-h` and `--help` of every command
#[cfg(unix)]
mod http; // models behind HTTP
#[cfg(all(feature = "bert", unix))]
mod interruption; // signals
#[cfg(all(feature = "bert", unix))]
mod kills; // runs that are killed
mod languages; // lexicons in IPA and X-SAMPA, frequencies and function words of other languages
mod lists; // lists of every format: jiwer's rates, speakers, round trips, standard input
mod margins; // the margins that are printed as those that would pass
mod memory; // lists that wait on the disk, and how much memory they take
#[cfg(feature = "bert")]
mod models; // what can be wrong with a model
#[cfg(all(feature = "bert", unix))]
mod mutants; // files of every kind, changed at random
#[cfg(feature = "bert")]
mod onnx; // encoders that were exported to ONNX
mod outputs; // places that are written to: what stays, what is refused
#[cfg(feature = "bert")]
mod page; // report.html
#[cfg(feature = "bert")]
mod peft; // exports of every strategy, read back and loaded by PEFT
mod picks; // what is picked, as text; lists without references, scores or spaces
mod project; // a temporary folder with n-best files, and the binary run in it
#[cfg(all(feature = "bert", unix))]
mod recorded; // which model a report is of, and replaying it
mod rehearsal; // what is tried before the work: models of a comparison, dry runs
#[cfg(feature = "bert")]
mod remarks; // blind, drowned and harmful models
#[cfg(feature = "bert")]
mod reports; // reports/ is what the built-in suites find on fixtures/
mod seeds; // identical strategies of a few seeds, simulated
#[cfg(unix)]
mod server; // an HTTP server that answers, misbehaves and counts
#[cfg(all(feature = "bert", unix))]
mod shards; // a check on many machines: shards and their merge
mod significance; // two systems compared by their hypotheses or error counts
mod slices; // where the degradation is
#[cfg(feature = "bert")]
mod snapshots; // what people read of a run, as a whole
mod sources; // the files under src
mod stopping; // looks after some of the draws, and budgets
mod swaps; // which words are swapped for which
#[cfg(feature = "bert")]
mod train; // training: what it writes, how it goes on, what it refuses
#[cfg(feature = "bert")]
mod train_options; // options of training that contradict each other, and ranks no matrix can have
#[cfg(feature = "bert")]
mod transformers; // models of the transformers library, run as programs
#[cfg(unix)]
mod tune; // weight and scale from development lists, and the file that keeps them
mod verdicts; // what no verdict may ever say: of the best rescorer, of one that is deaf, of the sums
#[cfg(feature = "vulkan")]
mod vulkan; // scores and steps of training on a Vulkan device
