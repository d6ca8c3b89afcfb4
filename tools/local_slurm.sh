#!/bin/sh
# Starts Slurm for this machine alone in a folder of its own, runs a command with it, waits until the
# queue is empty, and ends it:
#
#   tools/local_slurm.sh sh sweep.sh
#
# Debian: apt-get install slurm-wlm munge. Nothing of an installed Slurm's configuration is read.
set -eu
[ $# -gt 0 ] || { echo "usage: tools/local_slurm.sh COMMAND [ARGUMENTS]" >&2; exit 2; }
for name in munged slurmctld slurmd sbatch squeue sinfo; do
  PATH="$PATH:/usr/sbin" command -v "$name" >/dev/null || {
    echo "local_slurm: $name must be installed (Debian: apt-get install slurm-wlm munge)" >&2
    exit 2
  }
done
PATH="$PATH:/usr/sbin"
folder=$(mktemp -d)
chmod 755 "$folder"
mkdir "$folder/state" "$folder/spool" "$folder/munge"
chmod 700 "$folder/munge"
host=$(hostname -s)
user=$(id -un)
head -c 1024 /dev/urandom >"$folder/munge/key"
chmod 600 "$folder/munge/key"
cat >"$folder/slurm.conf" <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"

finish() {
  for name in slurmd slurmctld munge/munged; do
    [ -s "$folder/$name.pid" ] && kill "$(cat "$folder/$name.pid")" 2>/dev/null || true
  done
  sleep 1
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/munged.pid" --log-file="$folder/munge/log" \
  --seed-file="$folder/munge/seed"
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF" -N "$host"
turn=0
until sinfo -h -o %t 2>/dev/null | grep -q '^idle'; do
  turn=$((turn + 1))
  if [ $turn -gt 60 ]; then
    echo "local_slurm: the machine has not come up:" >&2
    tail -5 "$folder/slurmctld.log" "$folder/slurmd.log" >&2
    exit 1
  fi
  sleep 0.5
done
code=0
"$@" || code=$?
while [ -n "$(squeue -h 2>/dev/null)" ]; do sleep 1; done
exit $code
