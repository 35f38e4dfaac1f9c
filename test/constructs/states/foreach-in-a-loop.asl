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
        "Next": "plan"
      },
      "plan": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${planFunction}",
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
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'plan/' & path & '/' & visit, 'n': $states.result.Payload.count} %}",
        "Next": "fit: each"
      },
      "fit: each": {
        "Type": "Map",
        "Items": "{% $states.input.n <= 40000 ? [0..$states.input.n - 1] : $error('plan hands ' & $states.input.n & ' items to fit; 40000 is the most') %}",
        "ItemSelector": {
          "run": "{% $states.input.run %}",
          "path": "{% $states.input.(($p := (visit > 0 ? path & '~' & visit : path); $p = '' ? $string($states.context.Map.Item.Value) : $p & '.' & $states.context.Map.Item.Value)) %}",
          "visit": 0,
          "from": "{% $states.input.from %}",
          "counts": "{% $states.input.($string(n)) %}"
        },
        "MaxConcurrency": 100,
        "ItemProcessor": {
          "ProcessorConfig": {
            "Mode": "DISTRIBUTED",
            "ExecutionType": "STANDARD"
          },
          "StartAt": "fit",
          "States": {
            "fit": {
              "Type": "Task",
              "Resource": "arn:aws:states:::lambda:invoke",
              "Arguments": {
                "FunctionName": "${fitFunction}",
                "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'counts': counts, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount} %}"
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
              "Output": 0,
              "End": true
            }
          }
        },
        "Output": "{% $states.input %}",
        "Next": "join"
      },
      "join": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${joinFunction}",
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
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'join/' & path & '/' & visit, 'choice': $states.result.Payload.choice} %}",
        "Next": "join: next"
      },
      "join: next": {
        "Type": "Choice",
        "Choices": [
          {
            "Condition": "{% $states.input.choice = 0 %}",
            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit + 1, 'from': from} %}",
            "Next": "plan"
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
      "name": "fitFunction",
      "kind": "function",
      "step": "fit"
    },
    {
      "name": "planFunction",
      "kind": "function",
      "step": "plan"
    },
    {
      "name": "joinFunction",
      "kind": "function",
      "step": "join"
    },
    {
      "name": "endFunction",
      "kind": "function",
      "step": "end"
    }
  ]
}
