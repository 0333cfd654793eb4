#!/usr/bin/env bash
# A job array grades as one machine does: on a Slurm of one node that is started here, from Debian's packages (slurmctld,
# slurmd, slurm-client, munge). Where it cannot be started, that is said and the test is skipped.
# slurm_test.sh TEXTBOOK SOURCES
set -uo pipefail
textbook=$(realpath "$1") sources=$(realpath "$2")
softmax=$sources/chapters/02-token-logit-probability/exercises/softmax
folder=$(mktemp -d)
chmod 755 "$folder"
started=()

finish() {
  ((${#started[@]})) && kill "${started[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT

skip() {
  echo "skipped: $1"
  tail -n 3 "$folder"/*.log 2>/dev/null
  echo "0 passed, 0 failed"
  exit 77
}

for program in munged slurmctld slurmd sbatch squeue; do
  PATH=$PATH:/usr/sbin command -v $program >/dev/null || skip "$program is not installed (apt-get install slurmctld slurmd slurm-client munge)"
done
PATH=$PATH:/usr/sbin
((EUID == 0)) || skip "slurmd has to be started as root"

start_slurm() {
  local name; name=$(hostname -s)
  mkdir -m 700 "$folder/munge"
  mkdir "$folder/state" "$folder/spool"
  head -c 1024 /dev/urandom >"$folder/munge/key"
  chmod 600 "$folder/munge/key"
  chmod 711 "$folder/munge"
  munged --foreground --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --pid-file="$folder/munge/pid" \
    --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" >"$folder/munged.log" 2>&1 &
  started+=($!)
  cat >"$folder/slurm.conf" <<CONF
ClusterName=textbook
SlurmctldHost=$name(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
SlurmctldPort=$((20000 + $$ % 10000))
SlurmdPort=$((30000 + $$ % 10000))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SchedulerParameters=sched_interval=2
NodeName=$name NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  slurmctld -D >"$folder/slurmctld.log" 2>&1 &
  started+=($!)
  slurmd -D >"$folder/slurmd.log" 2>&1 &
  started+=($!)
  local i
  for i in $(seq 60); do
    [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]] && return 0
    sleep 0.5
  done
  return 1
}
start_slurm || skip "Slurm does not start here"

passed=0 failed=0
check() { # check WHAT COMMAND...
  if "${@:2}"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi
}

cd "$folder" || exit 1
export TEXTBOOK_DATA=$folder/data
for i in $(seq 20); do
  mkdir -p "in/student$i"
  printf 'void softmax(%*s' "$i" '(' >"in/student$i/softmax.cpp"   # different files that do not compile
done
cp "$softmax/solution.cpp" in/student1/softmax.cpp
cp "$softmax/wrong/overflow.cpp" in/student2/softmax.cpp

"$textbook" grade softmax --submissions in --out cluster --engine slurm
check "the job array ends well" [ $? = 0 ]
check "its tasks have logs" [ -e cluster/slurm/2.log ]
"$textbook" grade softmax --submissions in --out here
check "this machine grades, too" [ $? = 0 ]
check "the grades are the same" cmp cluster/grades.csv here/grades.csv
check "so is all feedback" diff -r cluster/submissions here/submissions
"$textbook" grade softmax --submissions in --out cluster --engine slurm --json | grep -q '"judged":0'
check "nothing is judged twice" [ $? = 0 ]
SBATCH_PARTITION=nowhere "$textbook" grade softmax --submissions in --out other --engine slurm --json 2>refused
check "a partition that is not there is told" grep -q grade.slurm refused
echo "$passed passed, $failed failed"
((failed == 0))
