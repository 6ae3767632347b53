// Generated from crds/ by "npm run generate". Do not edit.
import type { ObjectMeta } from '../../ports/kubernetes.ts';

/**
 * A resource pool: how to recognise it, and how far the operator may go with it.
 */
export interface Pool {
/**
 * Always kintsugi.dev/v1alpha1.
 */
readonly apiVersion: 'kintsugi.dev/v1alpha1'
/**
 * Always Pool.
 */
readonly kind: 'Pool'
readonly metadata: ObjectMeta
/**
 * What people declare about the pool.
 */
readonly spec: {
/**
 * Which pool this is and how it is driven. Exactly one kind of hypervisor.
 */
readonly hypervisor: {
/**
 * A Citrix Hypervisor, XenServer or XCP-ng pool, driven through XAPI. Its members are the Hosts that refer to this Pool.
 */
readonly xapi: {
/**
 * UUID of the pool. Nothing is done to a pool that answers with another one.
 */
readonly poolUUID: string
/**
 * TCP port on which every member serves XAPI.
 */
readonly port?: number
/**
 * Secret with the account that the operator uses on every member (local root, or pool-operator where only that is needed). A Host may name its own.
 */
readonly credentialsSecretRef: {
/**
 * Name of the Secret, in the namespace of this object. It has the keys username and password.
 */
readonly name: string
}
}
}
/**
 * Observe: nothing is changed, ever; the operator only shows what it sees. Manual: what people request in a RecoveryRequest is carried out.
 */
readonly mode?: ("Observe" | "Manual")
/**
 * WhenDestructive: only plans with a destructive step wait for an approval. Always: every plan waits for an approval that names its hash.
 */
readonly approval?: ("WhenDestructive" | "Always")
/**
 * Each entry is a reason why nothing may be done on this pool. Remove the last one to continue.
 * 
 * @maxItems 16
 */
readonly paused?: readonly ({
/**
 * Why, in words that the next person understands.
 */
readonly reason: string
})[]
/**
 * When silence becomes suspicion. Waiting longer never makes it proof.
 */
readonly detection?: {
/**
 * How long a member must have been silent before it is suspected and before a request may fence it.
 */
readonly memberTimeoutSeconds?: number
}
/**
 * How much may happen at once.
 */
readonly limits?: {
/**
 * If more members than this fail at the same time, nothing is done, because the cause is then rarely in the members.
 */
readonly failedMembers?: number
/**
 * How many virtual machines may be starting on one host at the same time.
 */
readonly startsAtOncePerHost?: number
}
}
/**
 * What the operator sees. Nothing here is configuration.
 */
readonly status?: {
/**
 * The metadata.generation that this status is about.
 */
readonly observedGeneration?: number
/**
 * The pool's own name.
 */
readonly name?: string
/**
 * The pool master, as found by asking the members.
 */
readonly master?: {
/**
 * Name of the host.
 */
readonly name?: string
/**
 * UUID of the host.
 */
readonly hostUUID?: string
/**
 * Address of its management interface.
 */
readonly address?: string
}
/**
 * The members of the pool.
 */
readonly members?: {
/**
 * How many the pool knows.
 */
readonly total?: number
/**
 * How many answer at their own address.
 */
readonly answering?: number
/**
 * How many are declared as Hosts.
 */
readonly declared?: number
/**
 * Answering and total in one, for the list.
 */
readonly summary?: string
}
/**
 * Whether the pool's own high availability is on. While it is, the operator only watches.
 */
readonly highAvailability?: ("Enabled" | "Disabled" | "Unknown")
/**
 * Virtual machines as the pool's database has them.
 */
readonly virtualMachines?: {
/**
 * All that the pool knows.
 */
readonly total?: number
/**
 * Those that it believes to be running.
 */
readonly running?: number
}
/**
 * Product version of the master.
 */
readonly softwareVersion?: string
/**
 * When the pool's database was last known to be current. It is refreshed every few minutes while nothing changes, and covers the Hosts and VirtualServers of this pool too.
 */
readonly observedAt?: string
/**
 * What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.
 * 
 * @maxItems 16
 */
readonly conditions?: readonly ({
/**
 * Name of the condition.
 */
readonly type: string
/**
 * True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.
 */
readonly status: ("True" | "False" | "Unknown")
/**
 * One word that programs can rely on.
 */
readonly reason: string
/**
 * A sentence for people, with what would change it.
 */
readonly message: string
/**
 * When the status last changed.
 */
readonly lastTransitionTime: string
/**
 * The metadata.generation for which this was judged.
 */
readonly observedGeneration?: number
})[]
}
}

/**
 * One physical machine of a pool: how to recognise it, how to reach it, and how to cut its power for certain.
 */
export interface Host {
/**
 * Always kintsugi.dev/v1alpha1.
 */
readonly apiVersion: 'kintsugi.dev/v1alpha1'
/**
 * Always Host.
 */
readonly kind: 'Host'
readonly metadata: ObjectMeta
/**
 * What people declare about the machine.
 */
readonly spec: {
/**
 * The Pool that this belongs to, in the same namespace. It cannot be changed.
 */
readonly poolRef: {
/**
 * Name of the Pool.
 */
readonly name: string
}
/**
 * UUID of the host in its pool.
 */
readonly hostUUID: string
/**
 * Address of its own management interface, where it answers whoever is master.
 */
readonly address: string
/**
 * Serial number of the machine, as its firmware tells it and the pool shows it (xe host-param-get param-name=bios_strings: system-serial-number). The controller must show it as SerialNumber or as SKU, unless boardSerial or systemUUID is given. A number that makers leave on every board, or that two machines share, identifies nobody, and then nothing is done.
 */
readonly serial?: string
/**
 * Serial number of the mainboard, where the power controller shows that as SerialNumber instead of the machine's (some Dell machines do).
 */
readonly boardSerial?: string
/**
 * UUID of the machine, as its power controller shows it in UUID. When it is given, a controller that shows another one is never believed.
 */
readonly systemUUID?: string
/**
 * How the host proves who it is.
 */
readonly tls: {
/**
 * SHA-256 fingerprint of the host's own certificate. The operator does not talk to a host that shows another one.
 */
readonly sha256Fingerprint: string
}
/**
 * Secret with the account for this host alone; the Pool's is used when it is absent.
 */
readonly credentialsSecretRef?: {
/**
 * Name of the Secret, in the namespace of this object. It has the keys username and password.
 */
readonly name: string
}
/**
 * The ladder of ways to prove that this machine has no power, tried in order. Without one nothing can be proven and no recovery is possible.
 * 
 * @maxItems 4
 * 
 * Items: Exactly one of redfish and attestation.
 */
readonly power?: {
/**
 * A baseboard management controller that speaks Redfish.
 */
readonly redfish?: {
/**
 * Root of the controller, https and without a path.
 */
readonly url: string
/**
 * Id in the controller's Systems collection. Needed only where the collection has more than one member.
 */
readonly systemId?: string
/**
 * How long the controller may take for one answer before it counts as silent; 10 when absent. Nothing is done on what was asked more than 5 s ago, so one that regularly takes longer than 4.5 s can be read, but no recovery can rest on it.
 */
readonly answersWithinSeconds?: number
/**
 * When a person has made sure that this controller tells the truth about this very machine. It clears what was recorded against it before (status.distrust).
 */
readonly checkedAt?: string
/**
 * Secret with the account of the controller. It needs the role Operator, or the privilege ConfigureComponents.
 */
readonly credentialsSecretRef: {
/**
 * Name of the Secret, in the namespace of this object. It has the keys username and password.
 */
readonly name: string
}
/**
 * How the controller proves who it is.
 */
readonly tls: {
/**
 * SHA-256 fingerprint of the controller's certificate.
 */
readonly sha256Fingerprint: string
}
}
/**
 * A person's word, given in the RecoveryRequest, that this machine has no power. Use it when no device can tell.
 */
readonly attestation?: {
/**
 * For how long such a word may count at most; an hour (3600) when it is absent.
 */
readonly maxValidForSeconds?: number
}
}[]
/**
 * InService: it is watched and takes virtual machines. Maintenance: people work on it; it is neither suspected nor given virtual machines, and its silence does not count as a failure.
 */
readonly state?: ("InService" | "Maintenance")
}
/**
 * What the operator sees. How fresh it is stands in the Pool's observedAt.
 */
readonly status?: {
/**
 * The metadata.generation that this status is about.
 */
readonly observedGeneration?: number
/**
 * Its name in the pool.
 */
readonly name?: string
/**
 * What it is in its pool, by its own answer where it answers, otherwise by the pool's database.
 */
readonly role?: ("Master" | "Member" | "Unknown")
/**
 * The pool master's opinion whether it lives. Suspicion at most; it proves nothing in either direction.
 */
readonly live?: ("True" | "False" | "Unknown")
/**
 * Whether it answers the operator at its own address.
 */
readonly answers?: ("True" | "False" | "Unknown")
/**
 * Since when it has not answered. Absent while it does.
 */
readonly silentSince?: string
/**
 * When the silence was last seen to last. After an absence of the operator only what was seen of it counts.
 */
readonly silenceSeenAt?: string
/**
 * How much silence had been seen by then, without the times in which nobody looked.
 */
readonly silentForSeconds?: number
/**
 * What others than the operator heard of it while it did not answer. A person's word that it has no power counts only when it was given after that.
 */
readonly lastSignOfLife?: {
/**
 * When.
 */
readonly at?: string
/**
 * Who heard what.
 */
readonly by?: string
/**
 * It is heard all the time since then. Absent once that has ended.
 */
readonly lasts?: boolean
}
/**
 * The power controller was caught saying Off of the machine while it lived. It proves nothing until a person has dealt with it; set checkedAt at the controller then.
 */
readonly distrust?: {
/**
 * Which controller.
 */
readonly device?: string
/**
 * What it said, and what contradicted it.
 */
readonly because?: string
/**
 * When it was caught.
 */
readonly at?: string
/**
 * What checkedAt of the controller was then.
 */
readonly checkedAt?: string
}
/**
 * Its power was cut, and not every other member has answered since; one that has not may be the machine that was cut.
 */
readonly openCut?: {
/**
 * When.
 */
readonly at?: string
}
/**
 * The power controller was seen to say On while the machine itself answered.
 */
readonly controllerConfirmed?: {
/**
 * Which controller.
 */
readonly device?: string
/**
 * When it was seen first.
 */
readonly at?: string
}
/**
 * Whether the pool lets it run virtual machines.
 */
readonly enabled?: boolean
/**
 * How many virtual machines the pool believes to be running on it.
 */
readonly residents?: number
/**
 * Its power as its controller last told.
 */
readonly power?: {
/**
 * On, Off, or the controller's own word for anything else; Unknown where it could not be read.
 */
readonly state?: string
/**
 * Which device said so.
 */
readonly source?: string
/**
 * When this state was first read.
 */
readonly readAt?: string
/**
 * Serial number that the device showed.
 */
readonly serial?: string
}
/**
 * What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.
 * 
 * @maxItems 16
 */
readonly conditions?: readonly ({
/**
 * Name of the condition.
 */
readonly type: string
/**
 * True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.
 */
readonly status: ("True" | "False" | "Unknown")
/**
 * One word that programs can rely on.
 */
readonly reason: string
/**
 * A sentence for people, with what would change it.
 */
readonly message: string
/**
 * When the status last changed.
 */
readonly lastTransitionTime: string
/**
 * The metadata.generation for which this was judged.
 */
readonly observedGeneration?: number
})[]
}
}

/**
 * One virtual machine: whether it should run, and how it is brought back when its host is lost.
 */
export interface VirtualServer {
/**
 * Always kintsugi.dev/v1alpha1.
 */
readonly apiVersion: 'kintsugi.dev/v1alpha1'
/**
 * Always VirtualServer.
 */
readonly kind: 'VirtualServer'
readonly metadata: ObjectMeta
/**
 * What people declare about the virtual machine.
 */
readonly spec: {
/**
 * The Pool that this belongs to, in the same namespace. It cannot be changed.
 */
readonly poolRef: {
/**
 * Name of the Pool.
 */
readonly name: string
}
/**
 * UUID of the virtual machine.
 */
readonly vmUUID: string
/**
 * Running: it should run, and a recovery starts it. Halted: a recovery releases it and leaves it halted. Unmanaged: a recovery starts it if it was running.
 */
readonly powerState?: ("Running" | "Halted" | "Unmanaged")
/**
 * When it is started in a recovery. What is absent is taken from the virtual machine's own settings in the pool.
 */
readonly restart?: {
/**
 * Lower starts first; the next order begins when all of this one run.
 */
readonly order?: number
/**
 * Where memory is short, higher is placed first. 50 when absent.
 */
readonly priority?: number
/**
 * How long the next order waits after this one runs.
 */
readonly delaySeconds?: number
}
/**
 * Where it is started in a recovery.
 */
readonly placement?: {
/**
 * Names of Hosts that are tried first, in this order.
 * 
 * @maxItems 16
 */
readonly preferredHosts?: readonly (string)[]
/**
 * Virtual machines of one group are put on different hosts as long as there are enough.
 */
readonly antiAffinityGroup?: string
}
/**
 * How it is known to serve again after a start. Without a probe, running is enough. Exactly one of tcp and guestAgent.
 */
readonly probe?: {
/**
 * It serves when this port accepts a connection from the operator.
 */
readonly tcp?: {
/**
 * Address or name of the virtual machine.
 */
readonly address: string
/**
 * TCP port.
 */
readonly port: number
}
/**
 * It serves when the guest agent in it reports to the pool.
 */
readonly guestAgent?: {

}
/**
 * How long the probe may take to succeed before the virtual machine is reported as started but not serving.
 */
readonly timeoutSeconds?: number
}
}
/**
 * What the operator sees. How fresh it is stands in the Pool's observedAt.
 */
readonly status?: {
/**
 * The metadata.generation that this status is about.
 */
readonly observedGeneration?: number
/**
 * Its name in the pool.
 */
readonly name?: string
/**
 * As the pool's database has it.
 */
readonly powerState?: ("Running" | "Halted" | "Paused" | "Suspended" | "Unknown")
/**
 * Where the pool believes it to be running.
 */
readonly hostName?: string
/**
 * UUID of that host.
 */
readonly hostUUID?: string
/**
 * UUID of the host on which it was last seen running; kept while it is halted, so that a recovery of that host knows of it.
 */
readonly lastHostUUID?: string
/**
 * UUID of a host on which it may run although the pool has it elsewhere or halted: it was being moved there, that host was lost in the middle of its start, or that host refused to start it because it has it already. `nowhere` where nobody can tell which host. Kept until it is seen to run on a host that answers; until then a recovery starts it on that host or nowhere.
 */
readonly mayRunOn?: string
/**
 * UIDs of the RecoveryRequests that say that it may run on one host alone, and that are answered: it was seen to run after them.
 * 
 * @maxItems 64
 */
readonly settledRequests?: readonly (string)[]
/**
 * What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.
 * 
 * @maxItems 16
 */
readonly conditions?: readonly ({
/**
 * Name of the condition.
 */
readonly type: string
/**
 * True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.
 */
readonly status: ("True" | "False" | "Unknown")
/**
 * One word that programs can rely on.
 */
readonly reason: string
/**
 * A sentence for people, with what would change it.
 */
readonly message: string
/**
 * When the status last changed.
 */
readonly lastTransitionTime: string
/**
 * The metadata.generation for which this was judged.
 */
readonly observedGeneration?: number
})[]
}
}

/**
 * One recovery of one target. It runs once, and it is the record of what was done and why.
 */
export interface RecoveryRequest {
/**
 * Always kintsugi.dev/v1alpha1.
 */
readonly apiVersion: 'kintsugi.dev/v1alpha1'
/**
 * Always RecoveryRequest.
 */
readonly kind: 'RecoveryRequest'
readonly metadata: ObjectMeta
/**
 * What is requested. Only approval, attestations and cancel may be changed once it exists.
 */
readonly spec: {
/**
 * What is to be recovered. One of its fields is set, the one that the procedure is about.
 */
readonly target: {
/**
 * A Host in the same namespace, for ReleaseMember the failed one.
 */
readonly hostRef?: {
/**
 * Name of the Host.
 */
readonly name: string
}
/**
 * A Pool in the same namespace. No procedure uses it yet.
 */
readonly poolRef?: {
/**
 * Name of the Pool.
 */
readonly name: string
}
/**
 * A VirtualServer in the same namespace. No procedure uses it yet.
 */
readonly virtualServerRef?: {
/**
 * Name of the VirtualServer.
 */
readonly name: string
}
/**
 * A storage repository of a Pool in the same namespace. No procedure uses it yet.
 */
readonly storageRepository?: {
/**
 * UUID of the storage repository.
 */
readonly uuid: string
/**
 * The Pool that it belongs to.
 */
readonly poolRef: {
/**
 * Name of the Pool.
 */
readonly name: string
}
}
}
/**
 * ReleaseMember: cut the failed member's power for certain, have the pool release its virtual machines and storage locks, and start them on members with room.
 */
readonly procedure: "ReleaseMember"
/**
 * Plan: stop after the plan. Execute: carry it out as far as its guards allow.
 */
readonly mode?: ("Plan" | "Execute")
/**
 * Consent to one plan. It counts only for the plan with this hash.
 */
readonly approval?: {
/**
 * The hash in status.plan.hash.
 */
readonly planHash: string
/**
 * Who approves.
 */
readonly by: string
}
/**
 * What people state about machines that no device can tell about.
 * 
 * @maxItems 8
 */
readonly attestations?: readonly ({
/**
 * What was done, in a sentence, for instance "I pulled both power cords of rack 3, unit 12".
 */
readonly statement: string
/**
 * UUID of the machine that has no power.
 */
readonly hostUUID: string
/**
 * Who states it.
 */
readonly by: string
/**
 * When it was seen.
 */
readonly at: string
/**
 * For how long the machine is certain to stay without power.
 */
readonly validForSeconds: number
})[]
/**
 * Start nothing more. What has been started is followed to its end and reported.
 */
readonly cancel?: boolean
}
/**
 * The record.
 */
readonly status?: {
/**
 * The metadata.generation that this status is about.
 */
readonly observedGeneration?: number
/**
 * How far it is, in one word.
 */
readonly phase?: ("Pending" | "Planned" | "AwaitingApproval" | "Waiting" | "Running" | "Succeeded" | "Failed" | "Refused" | "Cancelled")
/**
 * How far it is, in a few words.
 */
readonly progress?: string
/**
 * Which machine the request meant when the plan was made.
 */
readonly target?: {
/**
 * UUID of the pool.
 */
readonly poolUUID?: string
/**
 * UUID of the host.
 */
readonly hostUUID?: string
/**
 * Name of the host in its pool.
 */
readonly hostName?: string
/**
 * Serial number of the machine.
 */
readonly serial?: string
}
/**
 * What will be done, in order. It is made again until the release has begun; then it is kept.
 */
readonly plan?: {
/**
 * Identifies the procedure, the pinned pool and hosts, the steps, and what is intended with each item. An approval names it.
 */
readonly hash?: string
/**
 * When it was made.
 */
readonly madeAt?: string
/**
 * The steps of the runbook, in its own words.
 * 
 * @maxItems 16
 */
readonly steps?: readonly ({
/**
 * The sentence of the runbook.
 */
readonly title?: string
/**
 * What it can do to the world.
 */
readonly risk?: ("Read" | "Reversible" | "Disruptive" | "Destructive")
/**
 * Whether it is done.
 */
readonly state?: ("Pending" | "Active" | "Done")
/**
 * Since when it is under way; only while it is.
 */
readonly since?: string
})[]
/**
 * The hosts that the plan is about, as their pool knew them when it was made.
 * 
 * @maxItems 64
 */
readonly hosts?: readonly ({
/**
 * UUID of the host.
 */
readonly uuid: string
/**
 * The pool's reference of it; its storage locks are named after that.
 */
readonly ref: string
/**
 * Its name in the pool.
 */
readonly name?: string
})[]
/**
 * The facts that the plan rests on, with their source and when they were read.
 * 
 * @maxItems 32
 */
readonly restsOn?: readonly ({
/**
 * The fact.
 */
readonly fact?: string
/**
 * Who said so.
 */
readonly source?: string
/**
 * When.
 */
readonly at?: string
})[]
}
/**
 * What the plan is about, one by one. For ReleaseMember each virtual machine of the member, in the order of its start.
 * 
 * @maxItems 4096
 */
readonly items?: readonly ({
/**
 * What it is.
 */
readonly kind: ("VirtualMachine" | "Host" | "StorageRepository" | "VirtualServer")
/**
 * Its UUID.
 */
readonly id: string
/**
 * Its name.
 */
readonly name: string
/**
 * Its place in the order of starts.
 */
readonly order?: number
/**
 * How long the next order waits after it.
 */
readonly delaySeconds?: number
/**
 * Higher is placed first where memory is short; 50 where nothing is said.
 */
readonly priority?: number
/**
 * How far it is. A virtual machine: Planned, Starting, Running (read back), Serving (its probe answered), LeftHalted (declared so), NotRecoverable (not here), Failed.
 */
readonly state: string
/**
 * UUID of the host on which it is to start, or runs.
 */
readonly host?: string
/**
 * Name of that host.
 */
readonly hostName?: string
/**
 * UUID of the only host on which it may start, because it may already run there; "nowhere" when nobody can tell which that is.
 */
readonly onlyOn?: string
/**
 * Why there, why not, or what went wrong, and what a person can do.
 */
readonly why?: string
/**
 * How many starts were sent.
 */
readonly attempts?: number
/**
 * When it was read back as running.
 */
readonly runningAt?: string
})[]
/**
 * What each guard of the current step says. A guard that does not allow stops the recovery there.
 * 
 * @maxItems 64
 */
readonly gates?: readonly ({
/**
 * Name of the guard.
 */
readonly guard?: string
/**
 * Allow, Deny or Unknown.
 */
readonly verdict?: ("Allow" | "Deny" | "Unknown")
/**
 * Why, and what would change it.
 */
readonly sentence?: string
/**
 * Since when it says so.
 */
readonly since?: string
})[]
/**
 * What a person has to do now, so that the recovery can go on. Empty while it waits for nobody.
 * 
 * @maxItems 16
 */
readonly asks?: readonly ({
/**
 * Title of the step that waits.
 */
readonly step: string
/**
 * Who can do it.
 */
readonly role: string
/**
 * What to do.
 */
readonly todo: string
/**
 * What shows that it is done.
 */
readonly seenBy: string
/**
 * The field that takes the answer.
 */
readonly answerIn?: string
/**
 * Since when it is asked for.
 */
readonly since: string
})[]
/**
 * What proves that machines have no power, one entry for each machine.
 * 
 * @maxItems 64
 */
readonly proofs?: {
/**
 * The machine.
 */
readonly hostUUID: string
/**
 * People's words that it has no power, as they were first seen here. One that was ended by a sign of life never counts again.
 * 
 * @maxItems 8
 */
readonly words?: readonly ({
/**
 * Whose word.
 */
readonly by?: string
/**
 * The moment that it states.
 */
readonly at?: string
/**
 * When it was first seen here.
 */
readonly seenAt?: string
/**
 * The sign of life that ended it.
 */
readonly endedBecause?: string
/**
 * When that was heard.
 */
readonly endedAt?: string
})[]
/**
 * The fence certificate. It counts only while fresh readings still agree with it.
 */
readonly certificate?: {
/**
 * Its serial number as the device showed it.
 */
readonly serial?: string
/**
 * How it is known.
 */
readonly method?: ("Redfish" | "Attestation")
/**
 * Which device said so.
 */
readonly device?: string
/**
 * Who said so where no device could.
 */
readonly attestedBy?: string
/**
 * Their words.
 */
readonly statement?: string
/**
 * The readings that made the proof.
 * 
 * @maxItems 8
 */
readonly readings?: readonly ({
/**
 * The device's word.
 */
readonly power?: string
/**
 * When.
 */
readonly at?: string
})[]
/**
 * When the proof was complete.
 */
readonly issuedAt?: string
/**
 * When it ends in any case.
 */
readonly validUntil?: string
/**
 * The contrary sign that ended it.
 */
readonly voidBecause?: string
}
}[]
/**
 * Each harmful act, written before it was sent.
 * 
 * @maxItems 400
 */
readonly journal?: readonly ({
/**
 * Title of the step.
 */
readonly step: string
/**
 * What was to be done.
 */
readonly act: string
/**
 * UUIDs of what it was done to.
 * 
 * @maxItems 1000
 */
readonly targets?: string[]
/**
 * Epoch of the leader that did it.
 */
readonly epoch: number
/**
 * Which process did it.
 */
readonly by?: string
/**
 * Host UUID of the pool master at that time.
 */
readonly master?: string
/**
 * Number of the attempt, from 1.
 */
readonly attempt?: number
/**
 * When it was decided.
 */
readonly at: string
/**
 * Intended, Proven (read back), NotDone (read back), or NotSent.
 */
readonly outcome?: ("Intended" | "Proven" | "NotDone" | "NotSent")
/**
 * What the reply said.
 */
readonly detail?: string
/**
 * When the outcome was known.
 */
readonly endedAt?: string
})[]
/**
 * The moments of this recovery. For ReleaseMember: detectedAt (the member fell silent), decidedAt (the plan was allowed to run), fencedAt (the proof was complete), releasedAt (the pool had released its virtual machines and locks), firstUpAt and recoveredAt (the first and the last virtual machine were read back as running).
 * 
 * @maxItems 32
 */
readonly moments?: readonly ({
/**
 * Which moment.
 */
readonly name: string
/**
 * When it happened.
 */
readonly at: string
})[]
/**
 * What holds now, each with the generation it was judged for. Ready, Reconciling and Stalled follow the kstatus conventions.
 * 
 * @maxItems 16
 */
readonly conditions?: readonly ({
/**
 * Name of the condition.
 */
readonly type: string
/**
 * True, False or Unknown. Unknown means that it could not be found out, and is never taken for yes.
 */
readonly status: ("True" | "False" | "Unknown")
/**
 * One word that programs can rely on.
 */
readonly reason: string
/**
 * A sentence for people, with what would change it.
 */
readonly message: string
/**
 * When the status last changed.
 */
readonly lastTransitionTime: string
/**
 * The metadata.generation for which this was judged.
 */
readonly observedGeneration?: number
})[]
}
}
