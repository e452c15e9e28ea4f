"""What CloudWatch would say of the queues: SQS tells it how many messages are visible, and alarms judge that.

moto has neither these metrics nor does it judge; so the numbers are put here, and each alarm on a queue's depth gets
the state that it would have, and tells its topic of a change.
"""

from typing import Any

from sandbox.twin.clients import client

NAMESPACE, METRIC = "AWS/SQS", "ApproximateNumberOfMessagesVisible"


def judge() -> list[str]:
    """Put the metric of each queue that an alarm looks at, and let the alarm judge it; the names of those that ring."""
    cloudwatch, ringing = client("cloudwatch"), []
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        if (alarm.get("Namespace"), alarm.get("MetricName")) != (NAMESPACE, METRIC):
            continue
        depth = depth_of(alarm["Dimensions"][0]["Value"])
        data = {"MetricName": METRIC, "Dimensions": alarm["Dimensions"], "Value": depth, "Unit": "Count"}
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[data])
        state = "ALARM" if depth > alarm["Threshold"] else "OK"
        if state == "ALARM":
            ringing.append(alarm["AlarmName"])
        # Nobody is told that an alarm which has just been made is quiet.
        before = alarm.get("StateValue")
        if state != before:
            words = f"{depth} messages visible, more than {alarm['Threshold']:g}" if depth else "no message left"
            cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue=state, StateReason=words)
            if "ALARM" in (state, before):
                tell(alarm, state, words)
    return ringing


def tell(alarm: dict[str, Any], state: str, words: str) -> None:
    """What the alarm's topics get to hear."""
    for topic in alarm["AlarmActions" if state == "ALARM" else "OKActions"]:
        subject = f"{state}: {alarm['AlarmName']}"[:99]
        client("sns").publish(TopicArn=topic, Subject=subject, Message=f"{alarm['AlarmName']}: {words}")


def depth_of(queue: str) -> int:
    """How many messages could be received now."""
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    wanted = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"][wanted])
