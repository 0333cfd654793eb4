# The commands and what ./textbook --help prints.

product_commands=(open tokens generate trace labs lab claims screenshot screenshots export progress models bench exercises
  start check watch grade present)
all_commands=(test doctor clean bundle help "${product_commands[@]}")

usage() {
  cat <<'TEXT'
How a Neural Network Thinks: a textbook that runs.

  ./textbook                 opens the reader where it was left; the first time it installs and builds everything
  ./textbook test            proves that it works (test NAME... for some of the tests, test full for all)

Reading
  open 'CHAPTER[#ANCHOR][?lab=INSTANCE&key=value...]'   opens the reader at a place
  present LESSON.toml                                   a lesson at a projector; --check: only whether it can be
  screenshot PLACE --out FILE.png                       draws a place into a file; needs no display
  screenshots --to DIR [--chapter C]                    every screen of every chapter, in both languages
  export --to DIR                                       writes the book as HTML that works offline, for screen readers too
  progress [export FILE]                                what you have read, tried, answered; reset starts over

The model on the command line
  tokens TEXT                what the tokenizer makes of a text
  generate TEXT              continues a text, with the probabilities of every step; --chat: answers it
  trace TEXT --points GLOB --out FILE.safetensors       writes what goes on inside the model
  labs                       lists the labs and their inputs
  lab TYPE [--set key=value]...                         runs one lab and prints its numbers
  claims [CHAPTER]           computes the numbers that the text states
  models [add PATH]          the models that are known by name, and whether they fit into memory
  bench                      how fast all this is here

Exercises
  exercises                  lists them: chapter, difficulty, minutes, state
  start ID                   puts the starter into your workspace, and opens $EDITOR
  check ID [FILE]            the verdict, case by case; --format text|json|junit|gradescope
  watch ID                   the same at every save
  grade ID... --submissions DIR --out DIR               grades a whole course: chapters/grading.md

The installation
  doctor [--json]            what is installed and what is missing; --report [FILE]: for a bug report
  bundle FILE.tar            everything that a room without a network needs, in one file
  clean                      removes builds and downloads, never the learner's data
  --no-install [COMMAND]     only prints the commands that setting up would run

COMMAND --help says more about each.

TEXTBOOK_CACHE  downloads and unpacked packages (default ~/.cache/textbook)
TEXTBOOK_DATA   the learner's data (default ~/.local/share/textbook)
TEXTBOOK_CUDA   1 or 0: fetch the CUDA libraries or not (default: where an NVIDIA driver is present)
TEXTBOOK_JOBS   compilers at the same time (default: by cores and memory)
TEXT
}
