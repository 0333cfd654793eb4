# Names that are nearly right.

one_of() { # word list...
  local word=$1 other
  shift
  for other; do [[ $other == "$word" ]] && return 0; done
  return 1
}

distance() { # the least number of letters to insert, delete or change (Levenshtein)
  local a=$1 b=$2 i j cost best
  local -a row next
  for ((j = 0; j <= ${#b}; j++)); do row[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    next=("$i")
    for ((j = 1; j <= ${#b}; j++)); do
      [[ ${a:i-1:1} == "${b:j-1:1}" ]] && cost=0 || cost=1
      best=$((row[j - 1] + cost))
      ((row[j] + 1 < best)) && best=$((row[j] + 1))
      ((next[j - 1] + 1 < best)) && best=$((next[j - 1] + 1))
      next[j]=$best
    done
    row=("${next[@]}")
  done
  printf '%s' "${row[${#b}]}"
}

nearest() { # word list...: the name of the list that is nearest to the word
  local word=$1 other found= least=1000 d
  shift
  for other; do
    d=$(distance "$word" "$other")
    ((d < least)) && { least=$d; found=$other; }
  done
  printf '%s' "$found"
}
