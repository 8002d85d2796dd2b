# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_robustness_check_global_optspecs
    string join \n color= q/quiet v/verbose model= base= weight= first-pass-scale= interpolation= max-length= device= precision= j/jobs= batch-tokens= processes= timeout= batch-texts= served-model= prompt-form= token-scores= prefix= suffix= api-key-env= connections= retries= cache= suite= nbest= nbest-format= costs normalize= scores= acwt= refs= utt2spk= speaker-from= no-speakers max-line= hold-lists= max-file= lexicon= phones= frequencies= lexicon-only lexicon-slice= minimise= max-failures= minimise-calls= minimise-seconds= noise= failures= out= cases= force seed= draws= format= stop= budget= baseline= baseline-margin= baseline-coverage= update-baseline accept junit= code-quality= annotations= inconclusive= shard= dry-run h/help V/version
end

function __fish_robustness_check_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_robustness_check_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_robustness_check_using_subcommand
    set -l cmd (__fish_robustness_check_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c robustness-check -n "__fish_robustness_check_needs_command" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l suite -d 'Built-in suite (perturb-1, perturb-n, perturb-n-coherent, invariants, severity) or path of a suite file; repeatable' -r -F -a "invariants\t''
perturb-1\t''
perturb-n\t''
perturb-n-coherent\t''
severity\t''"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l minimise -l minimize -d 'What is done about picks that get worse' -r -f -a "off\t'Nothing'
each\t'The fewest swaps and hypotheses that show each of the worst failures are saved in the report\'s folder `failures`; sentences stay whole'
words\t'The same, and words that nothing swaps are dropped too: the shortest list, which nobody may have said'
exhaustive-1\t'As `each`, and every single substitution of every utterance is tried: certificates.jsonl says which utterances keep their pick, and names every substitution that changes another'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l max-failures -d 'Failures of each check that are minimized, the worst first: a number, or `all`' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l minimise-calls -d 'Texts that minimizing one failure may have scored; what is left then is saved as it is' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l minimise-seconds -d 'Seconds for all minimizing and certifying; what is left then is saved as it is. No limit if not given' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l noise -d 'Margin of total scores that counts as noise; measured if not given' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l failures -d 'Saved failures to run again first: a file, a folder of them, or a report folder; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l out -d 'Folder the report is written to; an earlier report there is replaced, other files stay' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l cases -d 'How every perturbed list is kept in the report\'s folder, with what was picked from it' -r -f -a "off\t'Not at all'
plain\t'In cases.jsonl'
zst\t'In cases.jsonl.zst'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l seed -d 'Seed of every random draw' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l draws -d 'Perturbed draws per utterance, instead of what the suite says' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l format -d 'What is printed on standard output; repeatable' -r -f -a "terminal\t'A summary for people'
json\t'The content of report.json'
markdown\t'The content of report.md'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l stop -d 'End a check as soon as it passes or fails: planned=N looks at its draws, or anytime' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l budget -d 'Draw no further once so much is spent: texts given to the model, or minutes (30m, 90s, 2h)' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l baseline -d 'report.json of an earlier run that this one is compared with, utterance by utterance' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l baseline-margin -d 'How many more errors than the baseline\'s are accepted, as a share of them' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l baseline-coverage -d 'The share of the utterances of both runs that must be common to them, with equal lists' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l junit -d 'JUnit XML: a check is a test suite, a gate a test case; inconclusive ones are skipped' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l code-quality -d 'Code quality for a merge request of GitLab: an entry for each gate that fails or is inconclusive, at its line of a suite\'s file' -r -F
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l annotations -d 'Print annotations for a service that builds, after everything else on standard output' -r -f -a "github\t'GitHub Actions'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l inconclusive -d 'What an inconclusive verdict does to the exit code; 3 if not given' -r -f -a "pass\t'Exit 0'
fail\t'Exit 1'"
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l shard -d 'Score shard I of N alone, for `robustness-check merge` to make the report of all; or auto, in a Slurm array' -r
complete -c robustness-check -n "__fish_robustness_check_needs_command" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l update-baseline -d 'Write this run in the place of the baseline (or a first one), if it has no more errors'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l accept -d 'With --update-baseline: write runs with more errors and failing ones too, and runs that cannot be compared'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -l dry-run -d 'Say what the check would ask of the model, and about how long that takes; check and write nothing'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -s V -l version -d 'Print version'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "train" -d 'Train a rescorer: pretrain with masked words, or fine-tune on n-best lists (MWER)'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "export" -d 'Write a checkpoint for other programs: a PEFT adapter, or a whole Hugging Face model'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "compare" -d 'Compare models on the same perturbed lists: errors, NPRR, cost of training, tests'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "ranks" -d 'Show where the update of a checkpoint is: ranks and energy by layer and matrix'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "merge" -d 'Make the report of a check whose shards are scored'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "tune" -d 'Find the weight and the first-pass scale of a model on development lists'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "score" -d 'Write second-pass scores of n-best lists, nothing else'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "perturb" -d 'Write the perturbed lists of a suite, for other systems'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "corrections" -d 'Measure a generator, which corrects lists instead of picking from them'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "confusions" -d 'Count which words a recogniser hears for which: pairs that a suite can draw from'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "replay" -d 'Run saved failures again'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "explain" -d 'Explain saved failures word by word'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "neighbours" -d 'Print the words that sound like a word, with their distances'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "significance" -d 'Test whether two systems differ, from their error counts or hypotheses'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "nbest" -d 'Look into n-best files, or convert them'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "report" -d 'Compare two reports that were written, for a pull request'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "init" -d 'Write a suite and a workflow for GitHub or GitLab into a repository'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "suites" -d 'Name the built-in suites, or print one, in which every key is explained'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "completions" -d 'Print a completion script for a shell, or man pages'
complete -c robustness-check -n "__fish_robustness_check_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l objective -d 'What is minimized: mwer on n-best lists (the default), mwed, distillation, or mlm on plain text' -r -f -a "mwer\t'Minimum word error rate on n-best lists'
mwed\t'Minimum word error distribution on n-best lists'
distillation\t'Pseudo-log-likelihoods of a masked language model (--teacher) alone'
mlm\t'Hidden words of plain text: pretraining, or adaptation to a domain'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l base -d 'Folder of the base model: a BERT or one of its kin in Hugging Face form, or one of ours; `demo` is the demo model\'s' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l nbest -d 'Lists to learn from; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l dev -d 'Lists that decide which model is best and tune the interpolation weight; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l hypotheses -d 'Hypotheses of a list that are read; 10 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l first-pass-scale -d 'Multiplies first-pass scores; estimated on the training lists if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l out -d 'Where the checkpoint goes; OUT.training beside it holds the state until training ends' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l strategy -d 'Which weights are trained, and with which ranks; lora if not given' -r -f -a "full\t'Every weight'
lora\t'Low-rank adapters of one rank'
dynamic\t'Adapters whose ranks are allocated while training (AdaLoRA)'
warmup\t'Adapters of a high rank, then truncated to the target rank'
mixed\t'Adapters of different ranks (--ranks, --ranks-from), or a rank drawn for every step'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l rank -d 'The rank, or the mean rank at the end; 8 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l alpha -d 'Adapters are multiplied by alpha / rank; twice the rank if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l dropout -d 'Dropout of the adapters\' inputs; 0.05 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l targets -d 'Matrices with adapters, separated by commas, or all-linear; query,value (DistilBERT: q_lin,v_lin) if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l initial-rank -d 'dynamic: the rank every matrix starts with; 1.5 times the rank if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l prune-after -d 'dynamic: steps before pruning; a tenth of the steps if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l final-steps -d 'dynamic: steps with the final ranks; three tenths of the steps if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l orthogonality -d 'dynamic: weight of the orthogonality of P and Q; 0.5 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l warm-up-from -d 'warmup: what the first phase trains; high-rank if not given' -r -f -a "high-rank\t'Adapters of a high rank, which are then truncated'
full\t'Every weight; the checkpoint is a whole model'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l warm-up-lr-ratio -d 'warmup from full: the first phase\'s learning rate is this many times the second\'s; 0.1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l warm-up-rank -d 'warmup: the rank of the first phase; four times the rank if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l warm-up-share -d 'warmup: the first phase\'s share of the steps; 0.3 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l ranks -d 'mixed: ranks by the end of matrix names, such as query=4,output.dense=12' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l ranks-from -d 'mixed: the ranks that a finished dynamic run kept' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l head -d 'Head of the rescorer; the base\'s own kind if not given' -r -f -a "cls_linear\t'A linear map of [CLS], as in RescoreBERT'
hf_pooled\t'Dense layer, activation, linear map: Hugging Face\'s `..ForSequenceClassification`'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l correlation -d 'Weight of the correlation regularizer of [CLS] (LoRB); 0 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l mwed -d 'Weight of the MWED loss beside MWER; 0 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l distillation -d 'Weight of the squared distance from a teacher\'s pseudo-log-likelihoods (RescoreBERT: 1e-4); 0 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l teacher -d 'The teacher: a BERT with a head for hidden words; the base if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l robust -d 'Robust training: now and then swap a training list for a perturbed version of itself' -r -f -a "perturb-1\t'One word of the hypothesis that the first pass likes best'
perturb-n\t'One word of every hypothesis, independently'
perturb-n-coherent\t'One word of the list, wherever it stands'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l robust-probability -d 'Probability that a list is swapped, each time it comes; 0.3 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l robust-words -d 'Words swapped per perturbed hypothesis; 1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l robust-distance -d 'How far a new word may sound from the old one; 0, homophones only, if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l consistency -d 'Weight of a term that asks for the same scores of a list and its perturbed version; 0 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l consistency-of -d 'What that term compares: ranking (if not given) or scores' -r -f -a "ranking\t'The distributions over the list'
scores\t'The scores themselves'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l lr -d 'Largest learning rate; 5e-4 with adapters, 5e-5 without, 1e-3 for mlm if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l head-lr-ratio -d 'The head\'s learning rate is this many times the others\'; 1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l b-lr-ratio -d 'B\'s learning rate is this many times A\'s (LoRA+); 1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l sweep -d 'Train once per value of an option, such as lr=1e-4,3e-4,1e-3, and keep the best on --dev' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l epochs -d 'Passes over the data; 3 if neither this nor --steps is given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l steps -d 'Optimizer steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l lists -d 'Lists per optimizer step; 8 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l lists-per-pass -d 'Lists per forward pass, to save memory: gradients are accumulated; all if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l lr-schedule -d 'What the learning rate does after its rise; linear if not given' -r -f -a "linear\t'It falls along a line to zero'
cosine\t'It falls as half a cosine to zero'
constant\t'It stays'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l lr-warm-up -d 'Share of the steps in which the learning rate rises; 0.1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l weight-decay -d 'Decay of matrices; 0.01 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l clip-norm -d 'Largest norm of the gradients; 1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l evaluate-every -d 'Steps between two looks at the development set; a twentieth of the steps if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l patience -d 'Looks without a better result after which training ends; 8, and at least 100 steps, if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l save-every -d 'Steps between two saves of the state; as often as looks if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l seed -d 'Seed of data order, dropout and new weights; 1 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l max-length -d 'Longest text in tokens; what the base reads, at most 128, if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l text -d 'mlm: plain text, one sentence a line; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l new -d 'mlm: make a new model of this configuration (config.json); its vocabulary is made from the text' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l size -d 'mlm: make a new model of this size' -r -f -a "tiny\t'2 layers of 128'
mini\t'4 layers of 256'
small\t'4 layers of 512'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l vocabulary -d 'mlm: word pieces of a new model; the configuration\'s if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l mask-share -d 'mlm: share of words that are hidden; 0.15 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l sentences -d 'mlm: sentences per optimizer step; 64 if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l recipe -l config -d 'TOML file of options; what is typed as well counts as typed' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l resume -d 'Go on with the run saved in OUT.training, or begin it; options that it began with need not be given again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l device -d 'Where to train: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l rslora -d 'Multiply adapters by alpha / sqrt(rank) instead (rsLoRA)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l then-dynamic -d 'warmup: allocate ranks dynamically in the second phase'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l references -d 'mlm: also learn from the references of the lists of --nbest'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l pieces -d 'mlm: hide word pieces instead of whole words'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l half -d 'mlm: store weights as 16-bit numbers'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -l finish -d 'With --resume: take no further step, but write the best model so far, and end the run'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand train" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l to -d 'The form' -r -f -a "peft\t'A PEFT adapter of the kind it is'
adalora\t'A PEFT adapter with allocated ranks (ADALORA), as `dynamic` trains'
lora\t'A plain PEFT adapter (LORA); allocated ranks become rank patterns'
merged\t'A whole model in Hugging Face\'s form, adapters folded in'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l out -d 'Folder to write' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l base -d 'Base model of an adapter, instead of the one that it names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l base-name -d 'What the adapter calls its base, such as google/bert-mini; its path from the root if not given, where other programs find it' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l model -d 'Rescorer to compare, with a label; repeatable. Models of one label are seeds of one strategy' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l base -d 'Base model of all adapters, instead of the one that each names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l weight -d 'Interpolation weight of a label, or of all, instead of the checkpoint\'s; repeatable' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l first-pass-scale -d 'Multiplies first-pass scores, of a label or of all, instead of the checkpoint\'s scale; repeatable' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l interpolation -d 'Weight and first-pass scale of a label, or of all, as `robustness-check tune` wrote them to a file; repeatable' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l device -d 'Where checkpoints run: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l precision -d 'How products of checkpoints are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l suite -d 'Built-in suite (perturb-1, perturb-n, perturb-n-coherent) or path of a suite file; repeatable' -r -F -a "invariants\t''
perturb-1\t''
perturb-n\t''
perturb-n-coherent\t''
severity\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l reference -d 'Label that paired tests are against; the first if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l full -d 'Label of full fine-tuning, for reductions over it and nprr.ref; that of strategy full if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l out -d 'Folder for comparison.html (a page for people), comparison.md, comparison.csv and comparison.json; an earlier comparison there is replaced, other files stay' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l seed -d 'Seed of every random draw' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l draws -d 'Perturbed draws per utterance, instead of what the suite says' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l format -d 'What is printed on standard output; repeatable' -r -f -a "terminal\t'Tables for people'
markdown\t'Tables for a paper\'s draft or a pull request'
json\t'Everything'
csv\t'One figure a line'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -l dry-run -d 'Say what would be asked of the models, and about how long that takes; compare and write nothing'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -l base -d 'Model that the checkpoints were trained on; adapters name it themselves' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -l format -d 'What is printed on standard output' -r -f -a "terminal\t'A heat map'
markdown\t'A table'
html\t'A page with heat maps, for a browser'
json\t'Everything'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand ranks" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l suite -d 'Built-in suite (perturb-1, perturb-n, perturb-n-coherent, invariants, severity) or path of a suite file; repeatable' -r -F -a "invariants\t''
perturb-1\t''
perturb-n\t''
perturb-n-coherent\t''
severity\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l minimise -l minimize -d 'What is done about picks that get worse' -r -f -a "off\t'Nothing'
each\t'The fewest swaps and hypotheses that show each of the worst failures are saved in the report\'s folder `failures`; sentences stay whole'
words\t'The same, and words that nothing swaps are dropped too: the shortest list, which nobody may have said'
exhaustive-1\t'As `each`, and every single substitution of every utterance is tried: certificates.jsonl says which utterances keep their pick, and names every substitution that changes another'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l max-failures -d 'Failures of each check that are minimized, the worst first: a number, or `all`' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l minimise-calls -d 'Texts that minimizing one failure may have scored; what is left then is saved as it is' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l minimise-seconds -d 'Seconds for all minimizing and certifying; what is left then is saved as it is. No limit if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l noise -d 'Margin of total scores that counts as noise; measured if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l failures -d 'Saved failures to run again first: a file, a folder of them, or a report folder; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l out -d 'Folder the report is written to; an earlier report there is replaced, other files stay' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l cases -d 'How every perturbed list is kept in the report\'s folder, with what was picked from it' -r -f -a "off\t'Not at all'
plain\t'In cases.jsonl'
zst\t'In cases.jsonl.zst'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l seed -d 'Seed of every random draw' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l draws -d 'Perturbed draws per utterance, instead of what the suite says' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l format -d 'What is printed on standard output; repeatable' -r -f -a "terminal\t'A summary for people'
json\t'The content of report.json'
markdown\t'The content of report.md'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l stop -d 'End a check as soon as it passes or fails: planned=N looks at its draws, or anytime' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l budget -d 'Draw no further once so much is spent: texts given to the model, or minutes (30m, 90s, 2h)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l baseline -d 'report.json of an earlier run that this one is compared with, utterance by utterance' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l baseline-margin -d 'How many more errors than the baseline\'s are accepted, as a share of them' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l baseline-coverage -d 'The share of the utterances of both runs that must be common to them, with equal lists' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l junit -d 'JUnit XML: a check is a test suite, a gate a test case; inconclusive ones are skipped' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l code-quality -d 'Code quality for a merge request of GitLab: an entry for each gate that fails or is inconclusive, at its line of a suite\'s file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l annotations -d 'Print annotations for a service that builds, after everything else on standard output' -r -f -a "github\t'GitHub Actions'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l inconclusive -d 'What an inconclusive verdict does to the exit code; 3 if not given' -r -f -a "pass\t'Exit 0'
fail\t'Exit 1'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l shard -d 'Score shard I of N alone, for `robustness-check merge` to make the report of all; or auto, in a Slurm array' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l update-baseline -d 'Write this run in the place of the baseline (or a first one), if it has no more errors'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l accept -d 'With --update-baseline: write runs with more errors and failing ones too, and runs that cannot be compared'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -l dry-run -d 'Say what the check would ask of the model, and about how long that takes; check and write nothing'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l out -d 'File to write: TOML with weight, scale, and what they were tuned for and on' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand tune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l to -d 'What is written: the scores of all texts, or the text of each list that is picked by them' -r -f -a "scores\t'JSON lines of the scores of all texts'
trn\t'The picks, lines "words (utterance)"'
kaldi\t'The picks, lines "utterance words"'
jsonl\t'The picks as lists of one hypothesis, with "index", its place in the list of the input, from 0, "second_pass" and "total"'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l out -d 'File to write; standard output if not given, or if it is -' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand score" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l suite -d 'Built-in suite (perturb-1, perturb-n, perturb-n-coherent, or severity with --check) or path of a suite file' -r -F -a "invariants\t''
perturb-1\t''
perturb-n\t''
perturb-n-coherent\t''
severity\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l check -d 'Check of the suite, where it has several' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l out -d 'File to write; standard output if not given, or if it is -' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l seed -d 'Seed of every random draw' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l draws -d 'Perturbed draws per utterance, instead of what the suite says' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -s j -l jobs -d 'Threads; all cores if not given. Changes speed, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand perturb" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l suite -d 'Built-in suite (perturb-1, perturb-n, perturb-n-coherent) or path of a suite file, as for `perturb`; its check must judge the gain' -r -F -a "invariants\t''
perturb-1\t''
perturb-n\t''
perturb-n-coherent\t''
severity\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l check -d 'Check of the suite, where it has several' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l seed -d 'Seed of every random draw' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l draws -d 'Perturbed draws per utterance, instead of what the suite says' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l json -d 'Print a JSON object instead of text'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand corrections" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l nbest -d 'File of n-best lists, also .gz or .zst; repeatable. The bundled test set if not given' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l hypotheses -d 'Hypotheses that are aligned' -r -f -a "all\t'All of the list'
best\t'The one that the first pass likes best'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l min-count -d 'Leave out pairs that were counted less often' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l out -d 'File to write; standard output if not given, or if it is -' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand confusions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l noise -d 'Margin of total scores that counts as noise; measured if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -l json -d 'Print a JSON array instead of text'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l base -d 'Base model of an adapter, instead of the one that the adapter names' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l weight -d 'Interpolation weight of the second pass, instead of the checkpoint\'s' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l first-pass-scale -d 'Multiplies first-pass scores, instead of the checkpoint\'s scale' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l interpolation -d 'Weight and first-pass scale as `robustness-check tune` wrote them to this file' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l max-length -d 'Longest text in tokens, instead of the checkpoint\'s; longer texts are cut and counted' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l device -d 'Where a checkpoint runs: cpu, or cuda:N, vulkan:N or metal:N in a build with that feature' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l precision -d 'How a checkpoint\'s products are computed; int8 is faster, and its scores differ a little' -r -f -a "f32\t''
int8\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -s j -l jobs -d 'Threads; all cores if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l batch-tokens -d 'Tokens per batch, at most; changes speed and memory, never a result' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l processes -d 'Processes of an exec: command that run side by side' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l timeout -d 'Seconds that an exec: command may take for an answer, or to start, and a server for an answer' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l batch-texts -d 'Texts in a request to an exec: command or to a server, at most' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l served-model -d 'Model of a completions: server, as the server calls it; its only one if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l prompt-form -d 'How a completions: server tells the log-probabilities of a prompt; echo if not given' -r -f -a "echo\t'With "echo": true, as vLLM, SGLang and others'
prompt-logprobs\t'As "prompt_logprobs", as vLLM'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l token-scores -d 'How log-probabilities of tokens become a score; sum if not given' -r -f -a "sum\t'Their sum: the log-probability of the text'
mean\t'Their mean: long texts are no less likely than short ones'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l prefix -d 'What stands before every text for a completions: server, not scored itself: without it, or a token that the server puts there, the first token has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l suffix -d 'What stands behind every text for a completions: server, such as a full stop, and is scored with it: how likely the text ends there; without it an empty text has no score' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l api-key-env -d 'Environment variable with the key that the server wants; TEI_API_KEY or OPENAI_API_KEY if not given, which go to https servers and to this machine alone' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l connections -d 'Requests that are on their way to a server at once' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l retries -d 'Times that a request is repeated when the server cannot be reached, is busy (429) or fails (5xx)' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l cache -d 'File that keeps every score between runs: what it holds is not asked of the model again' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l model -d 'Checkpoint, Hugging Face folder or PEFT adapter folder; or demo, first-pass, oracle, scores:FILE, exec:COMMAND, onnx:FOLDER, tei:URL, completions:URL' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l noise -d 'Margin of total scores that counts as noise; measured if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l json -d 'Print a JSON array instead of text'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l all -d 'Try words that are not in common use too'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l max-distance -d 'The largest distance shown' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l limit -d 'The most neighbours shown of each word; 0 for no limit' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l all -d 'Also words that suites leave out by default, and why: rare ones, the same word spelled otherwise, ...'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l json -d 'Print a JSON array instead of a table'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand neighbours" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l ref -d 'References, as trn or text' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l utt2spk -d 'Speakers, lines "utterance speaker"; without it trn ids name them up to the first - or _' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l alpha -d 'Two-sided level of the conclusion; all intervals are at 1 - ALPHA' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l seed -d 'Seed of the bootstrap' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l format -d 'What is printed' -r -f -a "terminal\t'A page for people'
json\t'All figures, p-values unrounded'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -l no-speakers -d 'Take every utterance as independent, whatever the files say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand significance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -f -a "stat" -d 'Print sizes, error rates, scores and unknown words of n-best files'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -f -a "convert" -d 'Convert n-best files of any format to JSON lines, a Kaldi folder or HyPoradise JSON'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and not __fish_seen_subcommand_from stat convert help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l lexicon -d 'Dictionary whose words are added to the embedded CMUdict, also .gz or .zst, or - for standard input; repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l phones -d 'How the pronunciations of --lexicon are written' -r -f -a "arpabet\t''
ipa\t''
x-sampa\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l frequencies -d 'How often the words of --lexicon are said: lines of a word and its count in a large corpus' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l lexicon-slice -d 'Swap only words of one half of CMUdict: held-out is the half that robust training never swaps' -r -f -a "training\t''
held-out\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l lexicon-only -d 'Use the words of --lexicon alone, without CMUdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -l json -d 'Print JSON instead of text'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from stat" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l to -d 'Form to write' -r -f -a "jsonl\t'JSON lines, as all commands read them; holds all that is read'
kaldi\t'A folder of words_text, costs, ref_text and utt2spk, as Kaldi\'s recipes rescore lists'
hyporadise\t'A JSON array of {"input": [hypotheses], "output": reference}, with ids, speakers and scores'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l out -d 'File to write; standard output if not given, or if it is -. The folder to write of --to kaldi' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l nbest-format -d 'Format of the lists; found by content and name if not given' -r -f -a "jsonl\t''
hyporadise\t''
hypr\t''
mlm-scoring\t''
kaldi\t''
espnet\t''
espnet-json\t''
nemo\t''
wenet\t''
srilm\t''
alternatives\t''
fairseq\t''
trn\t''"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l normalize -d 'What is done to the text before words are compared: default, none, or a list of steps' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l scores -d 'Kaldi scores, lines "utt-1 -12.3"; repeatable: those of one hypothesis in several files add up' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l acwt -d 'Multiplies acoustic scores: am_score of JSON, and files of --scores named like ac_cost or am.scores' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l refs -d 'References, as Kaldi text, trn or a manifest (JSON lines with "audio_filepath" and "text"); repeatable' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l utt2spk -d 'Speakers, lines "utterance speaker" as Kaldi writes them, instead of those of the lists' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l speaker-from -d 'Speakers from the ids: the first group of a regular expression, such as \'^([^-]+)-\'' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l max-line -d 'Longest line, or record of a JSON file, in bytes: a damaged file must not take all memory' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l hold-lists -d 'So many bytes of lists are held in memory, about; more wait in the folder of temporary files' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l max-file -d 'Largest file, decompressed, in bytes' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l force -d 'Write over files of an earlier result that were changed by hand, or over a file named as output that holds something else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l costs -d 'The scores are costs: lower is better'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -l no-speakers -d 'Take every utterance as independent, whatever the lists say'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from convert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from help" -f -a "stat" -d 'Print sizes, error rates, scores and unknown words of n-best files'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from help" -f -a "convert" -d 'Convert n-best files of any format to JSON lines, a Kaldi folder or HyPoradise JSON'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand nbest; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -f -a "diff" -d 'Print what changed between two reports, as Markdown for a pull request'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and not __fish_seen_subcommand_from diff help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from diff" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from diff" -l json -d 'Print JSON instead of Markdown'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from diff" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Print what changed between two reports, as Markdown for a pull request'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand report; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l shards -d 'Shards of the check on a cluster: so many processes share its utterances' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l model -d 'The rescorer that the workflow checks, as --model of a check takes it' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l nbest -d 'The n-best lists that it is checked on, as the repository names them; the bundled ones if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l source -d 'The git repository that the workflow builds robustness-check from, as `cargo install --git` takes it; to be written into the workflow if not given' -r
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l dir -d 'The repository' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand suites" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand suites" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand suites" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand suites" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand completions" -l out -d 'Of man: folder that gets the pages of all commands' -r -F
complete -c robustness-check -n "__fish_robustness_check_using_subcommand completions" -l color -d 'When to use colors' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is dumb'
always\t'Always'
never\t'Never'"
complete -c robustness-check -n "__fish_robustness_check_using_subcommand completions" -s q -l quiet -d 'Print no progress and no hints, only results, warnings and errors; of a check, a line for each verdict'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand completions" -s v -l verbose -d 'Say what is done, and how long each step takes'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "train" -d 'Train a rescorer: pretrain with masked words, or fine-tune on n-best lists (MWER)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "export" -d 'Write a checkpoint for other programs: a PEFT adapter, or a whole Hugging Face model'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "compare" -d 'Compare models on the same perturbed lists: errors, NPRR, cost of training, tests'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "ranks" -d 'Show where the update of a checkpoint is: ranks and energy by layer and matrix'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "merge" -d 'Make the report of a check whose shards are scored'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "tune" -d 'Find the weight and the first-pass scale of a model on development lists'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "score" -d 'Write second-pass scores of n-best lists, nothing else'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "perturb" -d 'Write the perturbed lists of a suite, for other systems'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "corrections" -d 'Measure a generator, which corrects lists instead of picking from them'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "confusions" -d 'Count which words a recogniser hears for which: pairs that a suite can draw from'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "replay" -d 'Run saved failures again'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "explain" -d 'Explain saved failures word by word'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "neighbours" -d 'Print the words that sound like a word, with their distances'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "significance" -d 'Test whether two systems differ, from their error counts or hypotheses'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "nbest" -d 'Look into n-best files, or convert them'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "report" -d 'Compare two reports that were written, for a pull request'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "init" -d 'Write a suite and a workflow for GitHub or GitLab into a repository'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "suites" -d 'Name the built-in suites, or print one, in which every key is explained'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "completions" -d 'Print a completion script for a shell, or man pages'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and not __fish_seen_subcommand_from train export compare ranks merge tune score perturb corrections confusions replay explain neighbours significance nbest report init suites completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and __fish_seen_subcommand_from nbest" -f -a "stat" -d 'Print sizes, error rates, scores and unknown words of n-best files'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and __fish_seen_subcommand_from nbest" -f -a "convert" -d 'Convert n-best files of any format to JSON lines, a Kaldi folder or HyPoradise JSON'
complete -c robustness-check -n "__fish_robustness_check_using_subcommand help; and __fish_seen_subcommand_from report" -f -a "diff" -d 'Print what changed between two reports, as Markdown for a pull request'
