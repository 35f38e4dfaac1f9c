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
        "Next": "release"
      },
      "release": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${releaseFunction}",
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
          },
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "IntervalSeconds": 60,
            "MaxAttempts": 1,
            "BackoffRate": 1
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
        "Next": "release: status"
      },
      "release: status": {
        "Type": "Choice",
        "Choices": [
          {
            "Condition": "{% $states.input.status in [\"Creating\",\"Updating\",\"SystemUpdating\",\"RollingBack\",\"Deleting\"] %}",
            "Next": "release: wait"
          },
          {
            "Condition": "{% $states.input.status = 'Deployed' %}",
            "Next": "release: deployed"
          }
        ],
        "Default": "release: deploy"
      },
      "release: deploy": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {
          "FunctionName": "${releaseFunction}",
          "Payload": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'retry': $states.context.State.RetryCount, 'redrive': $states.context.Execution.RedriveCount, 'deployment': deployment} %}"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "DEPLOYMENT_FAILED",
              "AWS",
              "BLOB_MISSING",
              "BLOB_CORRUPT"
            ],
            "MaxAttempts": 0
          },
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
          },
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 3,
            "BackoffRate": 2
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': $states.result.Payload.deployment, 'status': $states.result.Payload.status, 'choice': $states.result.Payload.choice, 'n': $states.result.Payload.count} %}",
        "Next": "release: status"
      },
      "release: wait": {
        "Type": "Wait",
        "Seconds": 15,
        "Next": "release: endpoint"
      },
      "release: endpoint": {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint",
        "Arguments": {
          "EndpointName": "iris"
        },
        "Retry": [
          {
            "ErrorEquals": [
              "SageMaker.ThrottlingException",
              "SageMaker.SdkClientException"
            ],
            "IntervalSeconds": 2,
            "MaxAttempts": 20,
            "BackoffRate": 2,
            "MaxDelaySeconds": 60,
            "JitterStrategy": "FULL"
          }
        ],
        "Catch": [
          {
            "ErrorEquals": [
              "States.ALL"
            ],
            "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment} %}",
            "Next": "release: deploy"
          }
        ],
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': from, 'deployment': deployment, 'status': $states.result.EndpointStatus} %}",
        "Next": "release: status"
      },
      "release: deployed": {
        "Type": "Pass",
        "Output": "{% $states.input.{'run': run, 'path': path, 'visit': visit, 'from': 'release/' & path & '/' & visit} %}",
        "Next": "end"
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
      "name": "releaseFunction",
      "kind": "function",
      "step": "release"
    },
    {
      "name": "endFunction",
      "kind": "function",
      "step": "end"
    }
  ]
}
