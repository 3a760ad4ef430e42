# Completion of stampede for bash. The program itself says what may come next;
# where it says nothing, bash offers files.

_stampede() {
  local word means
  COMPREPLY=()
  while IFS=$'\t' read -r word means; do
    COMPREPLY+=("$word")
  done < <("${1/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -o bashdefault -o default -F _stampede stampede
