"""The codes that no producer is ever sent, as rows: name, code, sentence.

They answer other requests than ours: of consumer groups, of share groups, of administrators, of brokers among
themselves. Nobody catches one of them here, so none is a class that is written out; `errors.BY_CODE` makes one of each
row all the same, in case a broker surprises us.

Java: org.apache.kafka.common.protocol.Errors
"""

from typing import NamedTuple


class Row(NamedTuple):
    """One error code. The name is that of the class which is made of it."""

    code: int
    name: str
    sentence: str


FINAL = (
    # of consumers and their groups
    Row(1, "OffsetOutOfRangeError", "The partition holds no record at this offset."),
    Row(4, "InvalidFetchSizeError", "The number of bytes to fetch is not allowed."),
    Row(12, "OffsetMetadataTooLargeError", "The text that goes with a committed offset is too long."),
    Row(23, "InconsistentGroupProtocolError", "The group's members and this one have no protocol in common."),
    Row(24, "InvalidGroupIdError", "The group's id is not allowed."),
    Row(26, "InvalidSessionTimeoutError", "The session timeout is outside the range that the broker allows."),
    Row(27, "RebalanceInProgressError", "The group is dividing its partitions anew; its members must join again."),
    Row(28, "InvalidCommitOffsetSizeError", "The offsets to commit take more room than is allowed."),
    Row(68, "GroupNotEmptyError", "The group still has members."),
    Row(69, "GroupIdNotFoundError", "There is no such group."),
    Row(79, "MemberIdRequiredError", "A member must have been given an id before it joins the group."),
    Row(81, "GroupMaxSizeReachedError", "The group has as many members as it may have."),
    Row(86, "GroupSubscribedToTopicError", "The group is subscribed to the topic whose offsets should be deleted."),
    Row(109, "OffsetMovedToTieredStorageError", "The records at this offset are in tiered storage now."),
    Row(110, "FencedMemberEpochError", "The member's epoch is fenced; it must give up its partitions and join again."),
    Row(111, "UnreleasedInstanceIdError", "Another member still holds this instance id."),
    Row(112, "UnsupportedAssignorError", "The group does not support this assignor, or not this version of it."),
    Row(113, "StaleMemberEpochError", "The member's epoch is out of date; the next heartbeat will bring the new one."),
    Row(128, "InvalidRegularExpressionError", "The regular expression is not valid."),
    Row(130, "StreamsInvalidTopologyError", "The streams topology is not valid."),
    Row(131, "StreamsInvalidTopologyEpochError", "The epoch of the streams topology is not valid."),
    Row(132, "StreamsTopologyFencedError", "The epoch of the streams topology is out of date."),
    Row(134, "GroupDeletionFailedError", "The group could not be deleted."),
    Row(135, "StreamsTopologyDescriptionUpdateFailedError", "The streams topology's description was not accepted."),
    # of share groups
    Row(121, "InvalidRecordStateError", "The delivery of the record cannot be acknowledged in the state it is in."),
    Row(124, "FencedStateEpochError", "The coordinator has a newer state of the group."),
    # of administrators
    Row(36, "TopicExistsError", "There is a topic of this name already."),
    Row(37, "InvalidPartitionsError", "A topic has at least one partition, and never fewer than it had."),
    Row(38, "InvalidReplicationFactorError", "There must be at least one replica, and no more than there are brokers."),
    Row(39, "InvalidReplicaAssignmentError", "The replicas cannot be placed like this."),
    Row(40, "InvalidConfigurationError", "A setting is not valid."),
    Row(54, "SecurityDisabledError", "The cluster runs without an authorizer."),
    Row(57, "LogDirNotFoundError", "The broker has no such directory for logs."),
    Row(60, "ReassignmentInProgressError", "The partition is being moved to other brokers."),
    Row(61, "DelegationTokenDisabledError", "The cluster does not issue delegation tokens."),
    Row(62, "DelegationTokenNotFoundError", "There is no such delegation token."),
    Row(63, "DelegationTokenOwnerMismatchError", "The delegation token belongs to somebody else."),
    Row(64, "UnsupportedByAuthenticationError", "Delegation tokens cannot be asked for over this connection."),
    Row(65, "DelegationTokenAuthorizationError", "Not authorized to use this delegation token."),
    Row(66, "DelegationTokenExpiredError", "The delegation token has expired."),
    Row(67, "InvalidPrincipalTypeError", "The cluster does not know this kind of principal."),
    Row(73, "TopicDeletionDisabledError", "The cluster does not allow topics to be deleted."),
    Row(85, "NoReassignmentInProgressError", "The partition is not being moved."),
    Row(91, "ResourceNotFoundError", "What the request refers to does not exist."),
    Row(92, "DuplicateResourceError", "The request refers to the same thing twice."),
    Row(93, "UnacceptableCredentialError", "The credential is too weak, or of the wrong kind."),
    Row(95, "InvalidUpdateVersionError", "The feature cannot be set to this version."),
    Row(96, "FeatureUpdateFailedError", "The features were not updated."),
    Row(105, "TransactionalIdNotFoundError", "There is no such transactional id."),
    Row(114, "MismatchedEndpointTypeError", "The request is one for controllers and reached a broker, or vice versa."),
    Row(115, "UnsupportedEndpointTypeError", "There is no such kind of endpoint yet."),
    Row(116, "UnknownControllerIdError", "There is no controller with this id."),
    # of client telemetry
    Row(117, "UnknownSubscriptionIdError", "The metrics were sent under a subscription that is not valid any more."),
    Row(118, "TelemetryTooLargeError", "The metrics take more bytes than the broker accepts."),
    # of brokers among themselves
    Row(8, "BrokerNotAvailableError", "The broker is not available."),
    Row(11, "ControllerMovedError", "Another broker is the controller by now."),
    Row(77, "StaleBrokerEpochError", "The broker has registered again since."),
    Row(94, "InconsistentVoterSetError", "The two controllers disagree on who votes."),
    Row(97, "PrincipalDeserializationError", "The broker could not read on whose behalf a request was passed on."),
    Row(98, "SnapshotNotFoundError", "There is no such snapshot."),
    Row(99, "PositionOutOfRangeError", "The snapshot has no such position."),
    Row(101, "DuplicateBrokerRegistrationError", "Another broker uses this id."),
    Row(102, "BrokerIdNotRegisteredError", "No broker has registered with this id."),
    Row(104, "InconsistentClusterIdError", "The other side belongs to another cluster."),
    Row(107, "IneligibleReplicaError", "A replica cannot join those in sync."),
    Row(108, "NewLeaderElectedError", "The partition was changed, and has another leader since."),
    Row(119, "InvalidRegistrationError", "The controller refuses the broker's registration."),
    Row(125, "InvalidVoterKeyError", "The voter's key is not that of the controller which was asked."),
    Row(126, "DuplicateVoterError", "The controller votes already."),
    Row(127, "VoterNotFoundError", "The controller does not vote."),
    Row(136, "ControllerIdNotRegisteredError", "No controller has registered with this id."),
)
"""The same request will fail again."""

RETRIABLE = (
    Row(41, "NotControllerError", "The broker is not the controller."),
    Row(70, "FetchSessionIdNotFoundError", "The broker has forgotten this fetch session."),
    Row(71, "InvalidFetchSessionEpochError", "The fetch session has moved on to another epoch."),
    Row(78, "OffsetNotAvailableError", "A new leader does not know yet how far the partition is replicated."),
    Row(88, "UnstableOffsetCommitError", "A transaction holds offsets of the group that are still open."),
    Row(89, "ThrottlingQuotaExceededError", "The quota for such requests is used up."),
    Row(106, "FetchSessionTopicIdError", "The fetch session met a topic under two ids."),
    Row(122, "ShareSessionNotFoundError", "The broker has forgotten this share session."),
    Row(123, "InvalidShareSessionEpochError", "The share session has moved on to another epoch."),
    Row(133, "ShareSessionLimitReachedError", "The broker has as many share sessions as it may have."),
)
"""The same request may succeed later."""

REFRESHES_METADATA = (
    Row(72, "ListenerNotFoundError", "The leader has no listener of the kind that we came through."),
    Row(80, "PreferredLeaderNotAvailableError", "The preferred leader is not available."),
    Row(83, "EligibleLeadersNotAvailableError", "No replica can become the leader."),
    Row(84, "ElectionNotNeededError", "The partition has the leader it should have."),
)
"""The same request may succeed once we know the cluster better."""
