{
  "document": {
    "QueryLanguage": "JSONata",
    "StartAt": "begin run",
    "States": {
      "begin run": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${BeginFunction}",
          "Payload": "{% {'input': $states.input, 'execution': $states.context.Execution.{'arn': Id, 'name': Name, 'startedAt': StartTime, 'redrive': RedriveCount}} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": {
          "run": "{% $states.context.Execution.Name %}",
          "path": "",
          "visit": 0,
          "from": ""
        },
        "Next": "start"
      },
      "start": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${startFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'start/' & path & '/' & visit} %}",
        "Next": "train"
      },
      "train": {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Arguments": {
          "JobName": "Sample-train",
          "JobDefinition": "${trainJob}",
          "JobQueue": "${trainQueue}",
          "PropagateTags": true,
          "ContainerOverrides": {
            "Environment": [
              {
                "Name": "MILLRACE_RUN",
                "Value": "{% $states.input.run %}"
              },
              {
                "Name": "MILLRACE_PATH",
                "Value": "{% $states.input.path %}"
              },
              {
                "Name": "MILLRACE_VISIT",
                "Value": "{% $string($states.input.visit) %}"
              },
              {
                "Name": "MILLRACE_FROM",
                "Value": "{% $states.input.from %}"
              },
              {
                "Name": "MILLRACE_RETRY",
                "Value": "{% $string($states.context.State.RetryCount) %}"
              },
              {
                "Name": "MILLRACE_REDRIVE",
                "Value": "{% $string($states.context.Execution.RedriveCount) %}"
              }
            ]
          }
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Batch.TooManyRequestsException",
              "Batch.ServerException",
              "Batch.AWSBatchException",
              "Batch.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'train/' & path & '/' & visit} %}",
        "Next": "train: record"
      },
      "train: record": {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Arguments": {
          "TableName": "${Table}",
          "Key": {
            "pk": {
              "S": "{% $states.input.('${FlowKey}#R#' & $replace(run, '@', '%40') & '#train#' & (0)) %}"
            },
            "sk": {
              "S": "{% $states.input.(path & '#' & visit) %}"
            }
          },
          "ConsistentRead": true,
          "ProjectionExpression": "#t, #c",
          "ExpressionAttributeNames": {
            "#t": "transition",
            "#c": "count"
          }
        },
        "Retry": [
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'choice': $number($states.result.Item.transition.N)} %}",
        "Next": "train: next"
      },
      "train: next": {
        "Type": "Choice",
        "Choices": [
          {
            "Condition": "{% $states.input.choice = 0 %}",
            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
            "Next": "train"
          },
          {
            "Condition": "{% $states.input.choice = 1 %}",
            "Next": "end"
          }
        ]
      },
      "end": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${endFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "Lambda.TooManyRequestsException",
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Output": {
          "run": "{% $states.input.run %}"
        },
        "End": true
      }
    }
  },
  "substitutions": [
    {
      "name": "BeginFunction",
      "kind": "begin"
    },
    {
      "name": "startFunction",
      "kind": "function",
      "step": "start"
    },
    {
      "name": "trainJob",
      "kind": "job",
      "step": "train"
    },
    {
      "name": "trainQueue",
      "kind": "queue",
      "step": "train"
    },
    {
      "name": "FlowKey",
      "kind": "flow"
    },
    {
      "name": "Table",
      "kind": "table"
    },
    {
      "name": "endFunction",
      "kind": "function",
      "step": "end"
    }
  ]
}
