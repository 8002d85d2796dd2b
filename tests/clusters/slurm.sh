#!/usr/bin/env bash
# tests/clusters/slurm.sh [SHARDS] [MODEL]: a check on a real Slurm that is started for it on this machine, by what
# `init slurm` writes; three workers are killed on the way. The report must be that of one process. Needs root, and
# Debian's slurmctld, slurmd, slurm-client and munge; takes 16 shards of the model `demo` unless told otherwise.
# shellcheck source=tests/clusters/common.sh
. "$(dirname "$0")/common.sh"

state=$(mktemp -d /tmp/slurm.XXXXXX)
export SLURM_CONF=$state/slurm.conf
end() {
    for service in slurmd slurmctld; do
        [ ! -e "$state/$service.pid" ] || kill "$(cat "$state/$service.pid")" || true
        while pgrep -f "^$service" >/dev/null; do sleep 0.1; done
    done
    [ -n "${KEEP:-}" ] || rm -rf "$state"
}
trap end EXIT

mkdir -p "$state/ctld" "$state/d" /run/munge
chown munge: /run/munge
[ -e /etc/munge/munge.key ] || mungekey
pgrep -x munged >/dev/null || runuser -u munge -- munged
cat >"$SLURM_CONF" <<CONF
ClusterName=here
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,default_queue_depth=2000
MaxArraySize=2001
MaxJobCount=10000
MinJobAge=2
ReturnToService=2
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=8000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld
slurmd
for _ in $(seq 60); do
    sinfo -h -o %T | grep -q idle && break
    sleep 1
done
sinfo

work=$state/work
mkdir "$work"
cd "$work"
init slurm
sed -i 's/^\(SHARD_NODE\|MERGE_NODE\)=.*/\1="--cpus-per-task=1 --time=00:30:00"/' robustness/slurm.sh

started=$SECONDS
sh robustness/slurm.sh
killed=0
until [ -e robustness/report/report.json ]; do
    if [ "$killed" -lt 3 ] && worker=$(pgrep -n -f -- "--shard auto/$shards"); then
        # The newest is the program, or the step around it.
        kill -KILL "$worker" && killed=$((killed + 1))
        sleep 0.5
    fi
    if [ -z "$(squeue -h)" ] && [ ! -e robustness/report/report.json ]; then
        tail -n 3 robustness/slurm/*.txt
        echo "no report was merged"
        exit 1
    fi
    sleep 0.2
done
while [ -n "$(squeue -h)" ]; do sleep 0.2; done
echo "$shards shards and their merge took $((SECONDS - started)) s; $killed workers were killed"
grep -l "requeue\|going on\|CANCELLED\|Killed" robustness/slurm/*.txt | wc -l
compare
